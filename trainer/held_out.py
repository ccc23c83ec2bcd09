"""What a linear head says of pictures that it has not learned from, cheaply: ridge regression on the labels, every fold held out in turn, in numpy.

It stands for the quick head (`trainer.head`) where the answer must be there at once: on 600 photos of clothes, 10 labels with 10 to 35 each, its accuracy in
cross-validation differs from the head's by 1.6 to 3.3 points (root mean square; docs/instant.md), at a hundredth of the time.
"""

from collections.abc import Callable, Hashable, Sequence

import numpy as np

from trainer import kernel_ridge

# The penalty on the weights, where pictures have a mean squared length of one; the results are alike from 0.3 to 3.
PENALTY = 1.0
_CHUNK = 4096


def features(vectors: np.ndarray) -> np.ndarray:
    """The directions of vectors [N, D], centred and with a mean squared length of one, and a column of ones: float32 [N, D + 1]."""
    directions = np.asarray(vectors, np.float32)
    directions = directions / np.maximum(np.linalg.norm(directions, axis=1, keepdims=True), 1e-6)
    directions -= directions.mean(axis=0)
    # Pictures that are all alike leave nothing but rounding, which must not be magnified.
    directions /= max(float(np.sqrt((directions**2).sum(axis=1).mean())), 0.01)
    return np.concatenate([directions, np.ones((len(directions), 1), np.float32)], axis=1)


def folds(actual: np.ndarray, groups: Sequence[Hashable], parts: int, random: np.random.Generator) -> np.ndarray:
    """The fold of each picture, int64 [N]: every label is spread over all folds, and near duplicates, which share a group that is not None, are in one."""
    first: dict[Hashable, int] = {}
    leader = np.array([place if group is None else first.setdefault(group, place) for place, group in enumerate(groups)], np.int64)
    leads = np.flatnonzero(leader == np.arange(len(leader)))
    fold = np.zeros(len(leader), np.int64)
    fold[leads] = kernel_ridge.strata(actual[leads], parts, random)
    return fold[leader]


def scores(ready: np.ndarray, actual: np.ndarray, classes: int, fold: np.ndarray, taught: np.ndarray | None = None,
           check: Callable[[], None] = lambda: None) -> np.ndarray:
    """Scores, float32 [N, classes], of every picture by a head that saw no picture of its fold: about 1 for the right label and 0 for others.

    ready: what `features` gave; actual, fold: int [N]; taught: bool [N], the pictures that heads learn from, or None for all. `check` is called before each head and may raise to stop.
    """
    taught = np.ones(len(actual), bool) if taught is None else taught
    by_pictures = taught.sum() <= ready.shape[1]
    return (_by_pictures if by_pictures else _by_features)(ready, np.eye(classes, dtype=np.float32)[actual], fold, taught, check)


def _by_pictures(ready: np.ndarray, target: np.ndarray, fold: np.ndarray, taught: np.ndarray, check: Callable[[], None]) -> np.ndarray:
    """With few pictures: one unknown for each picture."""
    kernel, said = ready @ ready.T, np.zeros_like(target)
    for held_out in np.unique(fold):
        check()
        teach, test = np.flatnonzero(taught & (fold != held_out)), np.flatnonzero(fold == held_out)
        inner = kernel[np.ix_(teach, teach)]
        inner[np.diag_indices_from(inner)] += PENALTY
        said[test] = kernel[np.ix_(test, teach)] @ np.linalg.solve(inner, target[teach])
    return said


def _by_features(ready: np.ndarray, target: np.ndarray, fold: np.ndarray, taught: np.ndarray, check: Callable[[], None]) -> np.ndarray:
    """With many: one unknown for each feature. What a fold adds to the products is taken off again while it is held out."""
    own = {held_out: _products(ready, target, np.flatnonzero(taught & (fold == held_out))) for held_out in np.unique(fold)}
    squares, sides = (sum(part[number] for part in own.values()) for number in (0, 1))
    squares[np.diag_indices_from(squares)] += PENALTY
    said = np.zeros_like(target)
    for held_out, (square, side) in own.items():
        check()
        test = fold == held_out
        said[test] = ready[test] @ np.linalg.solve(squares - square, sides - side)
    return said


def _products(ready: np.ndarray, target: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    square, side = (np.zeros((ready.shape[1], width), np.float32) for width in (ready.shape[1], target.shape[1]))
    for start in range(0, len(rows), _CHUNK):
        some = ready[rows[start : start + _CHUNK]]
        square += some.T @ some
        side += some.T @ target[rows[start : start + _CHUNK]]
    return square, side
