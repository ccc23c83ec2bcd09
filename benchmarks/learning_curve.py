"""What the instant model says, beside what then really happened: its accuracy, and how much more pictures help. And how long it takes.

    python -m benchmarks.learning_curve [folder of label folders]

From photos of each label some are taken for a start (3 to 10 labels, 5 to 25 pictures of each), 20 more are kept back, and what is left of 60 tests. A linear
head learns from the start, then from it and the 20 more of the label that was named, of one drawn at random, and of all.
"""

import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from trainer import head, learning_curve
from trainer.embed import DIMENSIONS, Embedder, ensure_embedder
from trainer.pixels import decode

PHOTOS = "../shared/data/clothing"
DRAWS, MORE, OF_EACH = 60, 20, 60
SIZES = (100, 600, 5000, 20_000)
MUST_ACCURACY, MUST_SECONDS = 0.03, 2.0


def main() -> None:
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else PHOTOS)
    labels = [sorted(path.glob("*.jpg"))[:OF_EACH] for path in sorted(folder.iterdir()) if path.is_dir()]
    labels = [photos for photos in labels if len(photos) == OF_EACH]
    if len(labels) < 3:
        sys.exit(f"Too few photos in {folder}: it needs a folder of {OF_EACH} for each of three labels.")
    with threadpool_limits(1, "blas"):
        gap = honest(vectors_of(labels))
        longest = timed()
    if gap > MUST_ACCURACY or longest > MUST_SECONDS:
        sys.exit("not honest or not fast enough")


def vectors_of(labels: list[list[Path]]) -> np.ndarray:
    """Vectors [labels, pictures, 1280]."""
    with tempfile.TemporaryDirectory(prefix="aimaker-bench-") as cache:
        embedder = Embedder(ensure_embedder(cache))
        return np.stack([embedder.embed(map(decode, photos)) for photos in labels])


def honest(vectors: np.ndarray) -> float:
    """Print what was said and what was true; gives how far the mean accuracies are apart."""
    lines = [draw(vectors, np.random.default_rng(seed)) for seed in range(DRAWS)]
    said = [line for line in lines if line["named"]]
    columns = {name: np.array([line[name] for line in lines]) for name in ("accuracy", "true", "even_said", "even_true", "any_true")}
    print(f"{'the instant model, ' + str(DRAWS) + ' draws':46} {'said':>7} {'true':>7} {'spread':>7}")
    print(row("accuracy", columns["accuracy"], columns["true"]))
    print(row(f"{MORE} more of every label", columns["even_said"], columns["even_true"]))
    print(row(f"{MORE} more of the label named ({len(said)} of {DRAWS} draws)", *(np.array([line[name] for line in said]) for name in ("named_said", "named_true"))))
    print(f"{f'{MORE} more of any label':46} {'':7} {columns['any_true'].mean():7.3f} {columns['any_true'].std():7.3f}")
    inside = np.mean([line["inside"] for line in lines])
    print(f"the truth was inside the interval of 95 % in {inside:.0%} of draws (the truth itself is measured on few pictures)")
    return abs(float((columns["accuracy"] - columns["true"]).mean()))


def row(name: str, said: np.ndarray, true: np.ndarray) -> str:
    return f"{name:46} {said.mean():7.3f} {true.mean():7.3f} {(said - true).std():7.3f}"


def draw(vectors: np.ndarray, random: np.random.Generator) -> dict:
    """One project: what was said of it, and what was true."""
    labels = random.permutation(len(vectors))[: random.integers(3, len(vectors) + 1)]
    sizes = random.integers(5, 26, len(labels))
    photos = [random.permutation(vectors[label]) for label in labels]
    start = [some[:size] for some, size in zip(photos, sizes, strict=True)]
    more = [some[size : size + MORE] for some, size in zip(photos, sizes, strict=True)]
    test = [some[size + MORE :] for some, size in zip(photos, sizes, strict=True)]
    found = learning_curve.measure(*joined(start), [None] * int(sizes.sum()))
    plain, even = right(start, test, "none"), right(start, test, "balanced")
    gains = [right([*start[:one], np.concatenate([start[one], more[one]]), *start[one + 1 :]], test, "balanced").mean() - even.mean() for one in range(len(labels))]
    true = float(plain @ sizes / sizes.sum())
    line = {"accuracy": found.accuracy, "true": true, "inside": found.interval[0] <= true <= found.interval[1], "any_true": float(np.mean(gains))}
    line |= {"even_said": found.even_gain, "even_true": (right([np.concatenate(both) for both in zip(start, more, strict=True)], test, "balanced") - even).mean()}
    named = found.best is not None
    return line | {"named": named} | ({"named_said": found.labels[found.best].gain, "named_true": gains[found.best]} if named else {})


def joined(parts: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Vectors [N, 1280] and label numbers [N]."""
    return np.concatenate(parts), np.repeat(np.arange(len(parts)), [len(part) for part in parts])


def right(taught: list[np.ndarray], test: list[np.ndarray], weights: str) -> np.ndarray:
    """The share of each label's test pictures that a quick head names right, [labels]; with `balanced` weights every label counts alike."""
    vectors, actual = joined(taught)
    counts = np.bincount(actual)
    each = (len(actual) / (len(counts) * counts))[actual] if weights == "balanced" else None
    scale = np.linalg.norm(vectors, axis=1).mean()
    solved = head.solve(head.Objective(10 * vectors / scale, actual, len(counts), 1 / len(actual), each))
    return np.array([(head.logits(solved, 10 * some / scale).argmax(axis=1) == number).mean() for number, some in enumerate(test)])


def timed() -> float:
    """Print how long one look takes; gives the longest. In seconds of the processor: it is made to let others go first."""
    print(f"{'one look, one thread':46} {'CPU s':>7}")
    spent = []
    for size in SIZES:
        random = np.random.default_rng(0)
        actual = np.arange(size) % 10
        rows = learning_curve.drawn(actual, learning_curve.MOST, random)
        vectors = (random.normal(size=(10, DIMENSIONS))[actual[rows]] + 3 * random.normal(size=(len(rows), DIMENSIONS))).astype(np.float16)
        started = time.process_time()
        learning_curve.measure(vectors, actual[rows], [None] * len(rows))
        spent.append(time.process_time() - started)
        print(f"{f'{size:,} pictures' + (f', {len(rows):,} of them drawn' if len(rows) < size else ''):46} {spent[-1]:7.2f}")
    return max(spent)


if __name__ == "__main__":
    main()
