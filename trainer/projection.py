"""Vectors laid out in the plane, so that what looks alike lies together.

First along the two strongest principal components, so that something is seen at once; then by t-SNE (van der Maaten and Hinton, JMLR 2008) with the forces
of Linderman et al., "Fast interpolation-based t-SNE", Nature Methods 2019, as openTSNE reckons them.

Why not UMAP, measured with 20,000 vectors of photos on 2 busy cores: umap-learn with numba is 210 MB installed, 2 to 12 s of loading and 55 s of computing
before the first point is seen, and 0.61 of the 15 nearest pictures are among the 15 nearest in the plane. openTSNE is 13 MB beside packages that are here
anyway, 1 s and 27 s, shows a first round after 7 s and a better one every two seconds, and keeps 0.72; the process takes 26 s of one core and 380 MB in all. The two principal components alone
take 2 s and keep 0.06.

    python -m trainer.projection FOLDER      lays out vectors.npy [N, 1280] and writes 00.npz, 01.npz ... with places [N, 2] and regions [N], each better than the one before

A folder may also have start.npy [N, 2]: where the pictures lay before, nan where that is not known; the new map is then like the old one.
"""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import faiss
import numpy as np
from openTSNE import TSNEEmbedding
from openTSNE.affinity import PerplexityBasedNN
from openTSNE.nearest_neighbors import PrecomputedNeighbors

from trainer.standalone.novelty import directions

COMPONENTS = 50  # among which neighbours are looked for
PERPLEXITY = 30  # neighbours that count, more or less
FEW = 8  # vectors: with fewer, the principal components say it all
EARLY, LATE = 4, 5  # rounds: first groups are pulled together, then they find room
ROUNDS = 1 + EARLY + LATE
ITERATIONS = 50  # of one round
EXAGGERATION = 12
MANY = 2000  # vectors from which on interpolation is faster than a tree, and threads than waiting for one another
NICE = 5  # pages go first
EQUAL = 1e-5  # between directions: no further from one another than this is the same, and what is left is rounding
SPREAD = 1e-4  # of the points when they set out
BLOCK = 2048
OF_ONE_REGION = 40  # points, more or less
REGIONS = (2, 40)


def lay_out(vectors: np.ndarray, start: np.ndarray | None = None) -> Iterator[np.ndarray]:
    """Places [N, 2] from 0 to 1 for vectors [N, 1280], better and better; `start` [N, 2] is where they lay before, nan where that is not known."""
    found = principal(vectors)
    if is_point(found):  # nothing can be told apart
        yield np.full((len(vectors), 2), 0.5, np.float32)
        return
    yield fitted(np.pad(found, ((0, 0), (0, max(0, 2 - found.shape[1]))))[:, :2])
    if len(vectors) < FEW:
        return
    near = neighbours(found)
    method, threads = ("fft", os.cpu_count()) if len(found) >= MANY else ("bh", 1)
    embedding = TSNEEmbedding(beginning(found, near, start), affinities(found, near), negative_gradient_method=method, n_jobs=threads, random_state=0)
    for exaggeration in [EXAGGERATION] * EARLY + [1] * LATE:
        embedding.optimize(ITERATIONS, exaggeration=exaggeration, momentum=0.8, inplace=True)
        yield fitted(np.asarray(embedding))


def is_point(places: np.ndarray) -> bool:
    """Whether all places [N, d] are the same."""
    return bool(np.ptp(places, axis=0).max() < EQUAL)


def principal(vectors: np.ndarray) -> np.ndarray:
    """The strongest principal components, float32 [N, at most 50], of the directions of vectors [N, 1280]."""
    basis, mean = basis_of(vectors) if len(vectors) > vectors.shape[1] else basis_of_few(vectors)
    return np.concatenate([(units - mean) @ basis for units in blocks(vectors)])


def blocks(vectors: np.ndarray) -> Iterator[np.ndarray]:
    """The directions of vectors, some at a time, so that they are never whole in memory."""
    for start in range(0, len(vectors), BLOCK):
        yield directions(vectors[start : start + BLOCK].astype(np.float32))


def basis_of(vectors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Principal directions [1280, 50] and the mean [1280] of many vectors, by their covariance."""
    total, across = np.zeros(vectors.shape[1]), np.zeros((vectors.shape[1], vectors.shape[1]))
    for units in blocks(vectors):
        total += units.sum(axis=0)
        across += units.T @ units
    mean = total / len(vectors)
    _values, basis = np.linalg.eigh(across / len(vectors) - np.outer(mean, mean))
    return signed(basis[:, ::-1][:, :COMPONENTS]).astype(np.float32), mean.astype(np.float32)


def basis_of_few(vectors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The same of N vectors that are fewer than they have numbers, by their products with one another: [1280, at most N]."""
    units = np.concatenate(list(blocks(vectors)))
    mean = units.mean(axis=0)
    values, across = np.linalg.eigh((units - mean) @ (units - mean).T)
    strongest = slice(None, None, -1)
    basis = (units - mean).T @ across[:, strongest][:, :COMPONENTS]
    return signed(basis / np.sqrt(np.maximum(values[strongest][:COMPONENTS], 1e-9))), mean


def signed(basis: np.ndarray) -> np.ndarray:
    """The same directions [D, d], of which each has its largest number positive: else a map may be mirrored from one time to the next."""
    largest = np.take_along_axis(basis, np.abs(basis).argmax(axis=0)[None], axis=0)
    return basis * np.sign(largest)


def neighbours(found: np.ndarray) -> np.ndarray:
    """The places [N, k] of the nearest others of each, the nearest first."""
    index = faiss.IndexFlatL2(found.shape[1])
    index.add(np.ascontiguousarray(found))
    _distances, near = index.search(np.ascontiguousarray(found), wanted(len(found)) + 1)
    # Of two that are equal the other one may come first; without itself each row is as long as all others.
    own = near == np.arange(len(near))[:, None]
    own[~own.any(axis=1), -1] = True
    return near[~own].reshape(len(near), -1)


def wanted(count: int) -> int:
    """How many neighbours of each of so many count: three times the perplexity."""
    return min(3 * PERPLEXITY, count - 1)


def affinities(found: np.ndarray, near: np.ndarray) -> PerplexityBasedNN:
    distances = np.stack([np.linalg.norm(found[near[:, place]] - found, axis=1) for place in range(near.shape[1])], axis=1)
    index = PrecomputedNeighbors(near.astype(np.int64), distances.astype(np.float64))
    return PerplexityBasedNN(knn_index=index, perplexity=near.shape[1] / 3, n_jobs=1)


def beginning(found: np.ndarray, near: np.ndarray, start: np.ndarray | None) -> np.ndarray:
    """Where the points set out from [N, 2]: as they lay before, new ones in the middle of their neighbours; else along the principal components."""
    places = found[:, :2] if start is None or np.isnan(start).all() else filled(near, start)
    places = (found[:, :2] if is_point(places) else places).astype(np.float64)
    return (places - places.mean(axis=0)) * (SPREAD / places.std(axis=0).max())


def filled(near: np.ndarray, start: np.ndarray) -> np.ndarray:
    """Places [N, 2] of which some are nan, with these in the middle of their neighbours."""
    places = start.copy()
    for place in np.flatnonzero(np.isnan(places[:, 0])):
        known = start[near[place]]
        known = known[~np.isnan(known[:, 0])]
        places[place] = known[:5].mean(axis=0) if len(known) else np.nanmean(start, axis=0)
    return places


def fitted(places: np.ndarray) -> np.ndarray:
    """Places [N, 2] moved and shrunk into the square from 0 to 1, with the same scale both ways."""
    low, high = places.min(axis=0), places.max(axis=0)
    size = max(float((high - low).max()), 1e-9)
    return np.asarray(0.5 + (places - (low + high) / 2) / size, np.float32)


def regions(places: np.ndarray) -> np.ndarray:
    """Which part of the plane each place [N, 2] belongs to, int64 [N]; parts are numbered from top to bottom, and no number is left out."""
    places = np.ascontiguousarray(places, np.float32)
    count = min(int(np.clip(len(places) / OF_ONE_REGION, *REGIONS)), len(places))
    means = faiss.Kmeans(2, count, niter=20, seed=0, min_points_per_centroid=1)
    means.train(places)
    _distances, nearest = means.index.search(places, 1)
    rank = np.argsort(np.argsort(means.centroids[:, 1]))
    return np.unique(rank[nearest[:, 0]], return_inverse=True)[1]


def main(folder: Path) -> None:
    """Lay out the vectors of a folder, as low in priority as a page would want it; whoever asked may be gone, and then it ends."""
    os.nice(NICE)
    parent = os.getppid()
    start = folder / "start.npy"
    rounds = lay_out(np.load(folder / "vectors.npy", mmap_mode="r"), np.load(start) if start.exists() else None)
    for number, places in enumerate(rounds):
        part = folder / "part.npz"
        np.savez(part, places=places, regions=regions(places))
        part.replace(folder / f"{number:02}.npz")
        if os.getppid() != parent:
            return


if __name__ == "__main__":
    main(Path(sys.argv[1]))
