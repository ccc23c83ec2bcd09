"""The stored vectors that lie nearest to one, in bounded memory: 100,000 of them take 24 MB, and one is searched for in half a millisecond.

Vectors are compared by the cosine of their square roots (`trainer.standalone.novelty.directions`), which is the Hellinger kernel of Arandjelović and
Zisserman, "Three things everyone should know to improve object retrieval", CVPR 2012. Up to EXACT of them the index is exact: they are kept whole, in a
byte or two a number, and what rounding can hide is known. Of more, principal components are kept (Jégou et al., "Aggregating local image descriptors into
compact codes", PAMI 2012, section 4): the strongest 96 in 4 bits each, which are compared in registers (André et al., "Cache locality is not enough", VLDB 2015),
and 192 in 8 bits each, which put the best of these into order. What is found then is a list of candidates: the vectors themselves have the last word.

Of 90,000 vectors and 2,000 questions (synthetic; photos and their copies), seconds of one core and share of the true three nearest: this 0.37, 0.996 and 1.000; 128 or 192 components
in 4 bits a tenth and two fifths more, the same; two or three components in 4 bits together half of it, 0.89 and 0.998; lists by k-means, an eighth of them looked into, half of it, 0.98 and 1.000.

FAISS costs 16 MB and a third of a second to load, so whoever serves loads this file when it is first needed.
"""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib import import_module

import faiss
import numpy as np

from trainer.principal import components
from trainer.standalone.novelty import directions

DIMENSIONS = 1280
FEW = 4096  # vectors that are kept in 2 bytes a number: 10 MB
EXACT = 20_000  # vectors that are kept in 1 byte a number: 26 MB
COMPONENTS, STRONGEST = 192, 96
CODE_BYTES = STRONGEST // 2 + COMPONENTS
LEARNED = 4096  # vectors that components and steps are computed from, at most
BATCH = 512
TOGETHER = 2048  # questions, for which the codes are read once: of 2,000 by 512 it takes a third more time, and all of them are 10 MB
MANY = 64  # questions, from which on products of matrices are worth it
WIDE = 16  # candidates, unless more were found to be needed
AHEAD = 12  # times as many are chosen by 4 bits as by 8
LONGEST = 256  # candidates that are chosen so
ROUNDS = 10  # of k-means, for 16 steps in one dimension


@dataclass(frozen=True)
class Found:
    """Places, the nearest first. `beyond`: what is not among them is at least so far away; infinite where there is nothing else, or no such promise."""

    places: np.ndarray
    beyond: float


class Nearest:
    """Vectors to search among, by their places: 0, 1, 2 ... in the order in which they were added. Searching is safe between threads, adding is not."""

    def __init__(self, count: int) -> None:
        """count: how many vectors there will be, more or less; it decides how they are kept."""
        self.is_exact = count <= EXACT
        self.most = 2 * FEW if count <= FEW else EXACT * 3 // 2 if self.is_exact else 2**31  # with more than these it should be made anew
        self.wide = WIDE
        self._slack = 0.0  # an exact one's vectors are at most so far from what is kept of them
        self._index = _whole(count) if self.is_exact else _squeezed()
        self._basis: np.ndarray | None = None

    def __len__(self) -> int:
        return self._index.ntotal

    @property
    def kind(self) -> str:
        """How it is kept, in a word."""
        return "exact" if self.is_exact else f"pca{COMPONENTS}"

    @property
    def size_bytes(self) -> int:
        """The memory that the vectors take."""
        return len(self) * (self._index.code_size if self.is_exact else CODE_BYTES)

    def add(self, vectors: np.ndarray) -> None:
        """Add vectors [N, 1280]; where there are many, the first ones decide what is kept of all: at least 192, better LEARNED, of all kinds."""
        if not self._index.is_trained:
            self._learn(directions(vectors[:LEARNED]))
        for start in range(0, len(vectors), BATCH):
            kept = self._kept(vectors[start : start + BATCH])
            self._index.add(kept)
            if self.is_exact:
                rounded = self._index.sa_decode(self._index.sa_encode(kept))
                self._slack = max(self._slack, float(np.linalg.norm(kept - rounded, axis=1).max(initial=0)))

    def search(self, vector: np.ndarray, count: int) -> Found:
        """Those nearest to a vector [1280], `count` of them; fewer where there are fewer."""
        if not len(self):
            return Found(np.zeros(0, np.int64), np.inf)
        faiss.omp_set_num_threads(1)  # the cores belong to the other threads of the process
        cosines, places = self._ask(self._kept(vector[None]), count)
        there = places[0] >= 0
        beyond = 1 - float(cosines[0][there][-1]) - self._slack if self.is_exact and there.sum() < len(self) else np.inf
        return Found(places[0][there], beyond)

    def search_many(self, vectors: np.ndarray, count: int, threads: int = 1) -> np.ndarray:
        """The places [Q, count] nearest to each of the vectors [Q, 1280], for `ranked` to put in order; -1 where there are fewer."""
        return self.neighbours(vectors, count, threads)[1]

    def neighbours(self, vectors: np.ndarray, count: int, threads: int = 1) -> tuple[np.ndarray, np.ndarray]:
        """The same with about the cosine of each, float32 [Q, count]: of what is kept of the vectors, so that it is a little less in components."""
        if not len(self) or not len(vectors):
            return np.zeros((len(vectors), 0), np.float32), np.zeros((len(vectors), 0), np.int64)
        faiss.omp_set_num_threads(threads)
        blocks = [self._ask_many(self._kept(vectors[start : start + TOGETHER]), count, threads) for start in range(0, len(vectors), TOGETHER)]
        cosines, places = zip(*blocks, strict=True)
        return np.concatenate(cosines), np.concatenate(places)

    def arrays(self) -> dict[str, np.ndarray]:
        """All of it as arrays by name, for a .npz file."""
        numbers = np.array([self.is_exact, self.most, self.wide, self._slack])
        return {"index": faiss.serialize_index(self._index), "basis": np.zeros(0, np.float32) if self._basis is None else self._basis, "numbers": numbers}

    @classmethod
    def of_arrays(cls, arrays) -> "Nearest":
        """What `arrays` gave; raises KeyError, RuntimeError and ValueError for anything else."""
        nearest = cls.__new__(cls)
        is_exact, most, wide, nearest._slack = (float(number) for number in arrays["numbers"])
        nearest.is_exact, nearest.most, nearest.wide = bool(is_exact), int(most), int(wide)
        nearest._index, nearest._basis = faiss.deserialize_index(arrays["index"]), arrays["basis"] if arrays["basis"].size else None
        if nearest._index.d != (DIMENSIONS if nearest._basis is None else nearest._basis.shape[1]) or nearest._basis is not None and len(nearest._basis) != DIMENSIONS:
            raise ValueError("an index of vectors of another length")
        return nearest

    def _learn(self, units: np.ndarray) -> None:
        if not self.is_exact:
            strongest_first = components(units, COMPONENTS)[:, ::-1]
            self._basis = np.pad(strongest_first, ((0, 0), (0, COMPONENTS - strongest_first.shape[1])))  # there may be fewer
            units = units @ self._basis
        faiss.omp_set_num_threads(1)
        self._index.train(units)

    def _ask(self, kept: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
        count = max(1, min(count, len(self)))
        # Long lists are kept badly by what compares in registers, and are seldom asked for.
        index = self._index if self.is_exact or count <= LONGEST else self._index.refine_index
        return index.search(kept, count)

    def _ask_many(self, kept: np.ndarray, count: int, threads: int) -> tuple[np.ndarray, np.ndarray]:
        """The same as `_ask`: for many questions, what is kept whole is compared five times as fast by products of matrices."""
        if not self.is_exact or len(kept) < MANY:
            return self._ask(kept, count)
        # Here, because a web process asks one question at a time and has no memory to spare for the tools that build a graph.
        products = import_module("trainer.products")
        return products.nearest_of_all(kept, _Decoded(self._index), max(1, min(count, len(self))), threads)

    def _kept(self, vectors: np.ndarray) -> np.ndarray:
        found = directions(vectors)
        return found if self._basis is None else found @ self._basis


class _Decoded:
    """What an exact index keeps as an array of vectors, of which only those exist that are being looked at."""

    def __init__(self, index: faiss.IndexScalarQuantizer):
        self._index = index

    def __len__(self) -> int:
        return self._index.ntotal

    def __getitem__(self, part: slice) -> np.ndarray:
        first, last, _step = part.indices(len(self))
        return self._index.reconstruct_n(first, last - first)


def _whole(count: int) -> faiss.IndexScalarQuantizer:
    kind = faiss.ScalarQuantizer.QT_fp16 if count <= FEW else faiss.ScalarQuantizer.QT_8bit
    return faiss.IndexScalarQuantizer(DIMENSIONS, kind, faiss.METRIC_INNER_PRODUCT)


def _squeezed() -> faiss.IndexRefine:
    codes = faiss.IndexPQFastScan(STRONGEST, STRONGEST, 4, faiss.METRIC_INNER_PRODUCT)
    codes.pq.cp.niter = ROUNDS
    rough = faiss.IndexPreTransform(faiss.RemapDimensionsTransform(COMPONENTS, STRONGEST, False), codes)
    index = faiss.IndexRefine(rough, faiss.IndexScalarQuantizer(COMPONENTS, faiss.ScalarQuantizer.QT_8bit, faiss.METRIC_INNER_PRODUCT))
    index.k_factor = AHEAD
    return index


def ranked(questions: np.ndarray, candidates: np.ndarray, units: np.ndarray, count: int, threads: int = 1) -> np.ndarray:
    """The nearest to unit vectors [Q, D] among their candidates, places [Q, C] in unit vectors [N, D]: places [Q, count], the nearest first."""
    found = np.full((len(questions), count), -1, np.int64)

    def rank(rows: range) -> None:
        for number in rows:
            places = candidates[number][candidates[number] >= 0]
            best = np.argsort(-(np.asarray(units[places], np.float32) @ questions[number]), kind="stable")[:count]
            found[number, : len(best)] = places[best]

    with ThreadPoolExecutor(threads, "rank") as pool:
        for _done in pool.map(rank, [range(len(questions))[start : start + BATCH] for start in range(0, len(questions), BATCH)]):
            pass
    return found


def distances(vector: np.ndarray, vectors: np.ndarray) -> np.ndarray:
    """How far vectors [N, 1280] are from one [1280]: float32 [N], 0 for the same, 1 for nothing in common."""
    return 1 - directions(vectors) @ directions(vector[None])[0]


def centre(vectors: np.ndarray) -> np.ndarray:
    """The vector [1280] that lies in the middle of vectors [N, 1280], as they are compared."""
    middle = directions(vectors).mean(axis=0)
    return np.sign(middle) * middle**2  # whoever compares takes the roots again


def vectors_of(rows: Iterable[bytes]) -> np.ndarray:
    """Vectors as the database keeps them, 1,280 little-endian float16 each, as float32 [N, 1280]."""
    joined = np.frombuffer(b"".join(rows), "<f2")
    return joined.astype(np.float32).reshape(-1, DIMENSIONS)
