"""Pictures whose label is probably wrong: confident learning (Northcutt, Jiang and Chuang 2021) on what heads say of pictures they have not seen."""

from dataclasses import dataclass

import numpy as np
from threadpoolctl import threadpool_limits

from trainer import head

FOLDS = 5
REPEATS = 2
# A label with fewer pictures is left out: with less than one in every fold nobody can say what is usual for it.
LEAST = FOLDS
# Each head learns from at most so many pictures, so that a large collection costs little more than a middling one.
_TEACH_LIMIT = 10_000


@dataclass(frozen=True)
class WrongLabel:
    """A picture (its row) that looks like another label (its number) than its own; score from 0 to 1, 1 is certain."""

    index: int
    suggested: int
    score: float


def likely_wrong_labels(vectors: np.ndarray, labels: np.ndarray, seed: int = 0) -> list[WrongLabel]:
    """Pictures that confident learning holds for wrongly labelled, most certain first.

    vectors [N, D] and labels int [N], any numbers. A picture whose vector is not finite, or whose label has fewer than 5 pictures, is neither
    judged nor learned from. Needs two labels that can be judged; gives an empty list without. The same answer for the same seed.
    """
    judged = _judge(vectors, labels, seed)
    suggested, wrong = _confident(judged)
    rows = np.flatnonzero(wrong)
    rows = rows[np.argsort(-judged.doubt[rows], kind="stable")]
    return [WrongLabel(int(judged.rows[i]), int(judged.names[suggested[i]]), float(judged.doubt[i])) for i in rows]


def rank(vectors: np.ndarray, labels: np.ndarray, seed: int = 0) -> np.ndarray:
    """All rows, int64 [N], the most doubtful label first; those that cannot be judged come last."""
    judged = _judge(vectors, labels, seed)
    order = judged.rows[np.argsort(-judged.doubt, kind="stable")]
    return np.concatenate([order, np.setdiff1d(np.arange(len(labels)), judged.rows)])


@dataclass
class _Judged:
    """What is said of the rows that can be judged: the number of each one's label among `names`, and its probabilities."""

    rows: np.ndarray
    names: np.ndarray
    actual: np.ndarray
    probabilities: np.ndarray

    @property
    def doubt(self) -> np.ndarray:
        return 1 - self.probabilities[np.arange(len(self.rows)), self.actual]


def _judge(vectors: np.ndarray, labels: np.ndarray, seed: int) -> _Judged:
    labels = np.asarray(labels)
    rows = _judgeable(vectors, labels)
    names, actual = np.unique(labels[rows], return_inverse=True)
    if len(names) < 2:
        return _Judged(rows[:0], names, actual[:0], np.zeros((0, len(names))))
    # One thread: it runs beside other work, and a second one makes such small products wait for each other.
    with threadpool_limits(1, "blas"):
        return _Judged(rows, names, actual, _out_of_fold(np.asarray(vectors[rows], np.float32), actual, len(names), seed))


def _judgeable(vectors: np.ndarray, labels: np.ndarray) -> np.ndarray:
    finite = np.isfinite(vectors).all(axis=1)
    names, counts = np.unique(labels[finite], return_counts=True)
    return np.flatnonzero(finite & np.isin(labels, names[counts >= LEAST]))


def _confident(judged: _Judged) -> tuple[np.ndarray, np.ndarray]:
    """The likeliest other label of each row, and whether the row counts as wrong.

    It does when its probability of another label reaches what that label's own pictures have on average, and is above that of its own.
    """
    rows, classes = np.arange(len(judged.rows)), len(judged.names)
    if not len(rows):
        return rows, np.zeros(0, bool)
    own = judged.probabilities[rows, judged.actual]
    usual = np.bincount(judged.actual, own, classes) / np.bincount(judged.actual, minlength=classes)
    others = judged.probabilities.copy()
    others[rows, judged.actual] = -1
    suggested = others.argmax(axis=1)
    likeliest = others[rows, suggested]
    return suggested, (likeliest >= usual[suggested]) & (likeliest > own)


def _out_of_fold(vectors: np.ndarray, actual: np.ndarray, classes: int, seed: int) -> np.ndarray:
    """Probabilities [N, classes] of every picture by heads that have not seen it, the mean over several ways to cut the folds."""
    decay = head.choose_decay(vectors, actual, classes, seed)
    total = np.zeros((len(actual), classes))
    for random in np.random.default_rng(seed).spawn(REPEATS):
        fold = _folds(actual, random)
        for held_out in range(FOLDS):
            teach = random.permutation(np.flatnonzero(fold != held_out))[:_TEACH_LIMIT]
            found = head.solve(head.Objective(vectors[teach], actual[teach], classes, decay))
            test = fold == held_out
            total[test] += head.probabilities_of(found, vectors[test])
    return total / REPEATS


def _folds(actual: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """The fold of each row; every label is spread over all folds."""
    order = random.permutation(len(actual))
    order = order[np.argsort(actual[order], kind="stable")]
    fold = np.empty(len(actual), np.int64)
    fold[order] = np.arange(len(actual)) % FOLDS
    return fold
