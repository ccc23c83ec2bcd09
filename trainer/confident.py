"""Pictures whose label is probably wrong: confident learning (Northcutt, Jiang and Chuang 2021) on what models say of pictures they have not seen."""

import hashlib
from dataclasses import dataclass

import numpy as np
from threadpoolctl import threadpool_limits

from trainer import head, kernel_ridge

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


@dataclass(frozen=True)
class Judgement:
    """What is said of `count` pictures: rows [M] of those that can be judged, what each one is labelled, as a place in `names` [K], and probabilities [M, K]."""

    count: int
    rows: np.ndarray
    names: np.ndarray
    actual: np.ndarray
    probabilities: np.ndarray

    def wrong(self) -> list[WrongLabel]:
        """The pictures that confident learning holds for wrongly labelled, most certain first."""
        doubt, likeliest = self._doubt(), self.probabilities.argmax(axis=1)
        order = np.argsort(-doubt, kind="stable")
        listed = order[_clearly_another(self)[order]][:_how_many(self)]
        return [WrongLabel(int(self.rows[i]), int(self.names[likeliest[i]]), float(doubt[i])) for i in listed]

    def ranking(self) -> np.ndarray:
        """All rows, int64 [N], the most doubtful label first; those that cannot be judged come last."""
        judged = self.rows[np.argsort(-self._doubt(), kind="stable")]
        return np.concatenate([judged, np.setdiff1d(np.arange(self.count), judged)])

    def _doubt(self) -> np.ndarray:
        return 1 - own(self.probabilities, self.actual)


def likely_wrong_labels(vectors: np.ndarray, labels: np.ndarray, seed: int = 0) -> list[WrongLabel]:
    """Pictures whose label is probably wrong, most certain first; see `judge`."""
    return judge(vectors, labels, seed).wrong()


def judge(vectors: np.ndarray, labels: np.ndarray, seed: int = 0) -> Judgement:
    """Ask models that have not seen a picture what it is, for each of vectors [N, D] with labels int [N], any numbers.

    A picture whose vector is not finite, or whose label has fewer than 5 pictures, is neither judged nor learned from; with fewer than two labels
    left nothing is. The same answer for the same seed, whatever the order of the rows.
    """
    labels = np.asarray(labels)
    rows = _judgeable(vectors, labels)
    names, actual = np.unique(labels[rows], return_inverse=True)
    if len(names) < 2:
        return Judgement(len(labels), rows[:0], names, actual[:0], np.zeros((0, max(len(names), 1))))
    # One thread: it runs beside other work, and a second one makes such small products wait for each other.
    with threadpool_limits(1, "blas"):
        return Judgement(len(labels), rows, names, actual, _unseen_probabilities(vectors[rows], actual, len(names), seed))


def own(probabilities: np.ndarray, actual: np.ndarray) -> np.ndarray:
    """The probability of each picture's own label, [N]."""
    return probabilities[np.arange(len(actual)), actual]


def _judgeable(vectors: np.ndarray, labels: np.ndarray) -> np.ndarray:
    finite = np.isfinite(vectors).all(axis=1)
    names, counts = np.unique(labels[finite], return_counts=True)
    rows = np.flatnonzero(finite & np.isin(labels, names[counts >= LEAST]))
    # Sorted by what is in them: in which order a database gives the pictures must not change what is found.
    contents = [hashlib.blake2b(vectors[row].tobytes(), digest_size=16).digest() for row in rows]
    return rows[np.lexsort((labels[rows], np.array(contents, "S16")))] if len(rows) else rows


def _clearly_another(judged: Judgement) -> np.ndarray:
    """Whether another label is at least twice as likely as the picture's own: where nothing is known, all labels are about alike."""
    return judged.probabilities.max(axis=1) >= 2 * own(judged.probabilities, judged.actual)


def _how_many(judged: Judgement) -> int:
    """How many labels are wrong: what the confident joint has off its diagonal, when its rows are scaled to the labels' own counts."""
    joint = _confident_joint(judged)
    counts = np.bincount(judged.actual, minlength=len(joint))
    kept = np.diag(joint) / np.maximum(joint.sum(axis=1), 1)
    return round(float(((1 - kept) * counts).sum()))


def _confident_joint(judged: Judgement) -> np.ndarray:
    """How many pictures of each label [rows] are confidently of each label [columns].

    They are when their probability of it reaches what the label's own pictures have on average; of several such labels the likeliest counts.
    """
    classes = judged.probabilities.shape[1]
    counts = np.bincount(judged.actual, minlength=classes)
    usual = np.bincount(judged.actual, own(judged.probabilities, judged.actual), classes) / np.maximum(counts, 1)
    reached = np.where(judged.probabilities >= usual - 1e-6, judged.probabilities, 0)
    sure = reached.max(axis=1, initial=0) > 0
    joint = np.zeros((classes, classes), np.int64)
    np.add.at(joint, (judged.actual[sure], reached[sure].argmax(axis=1)), 1)
    return joint


def _unseen_probabilities(vectors: np.ndarray, actual: np.ndarray, classes: int, seed: int) -> np.ndarray:
    """Probabilities [N, classes] of every picture by models that have not seen it.

    A kernel model speaks first; what it doubts teaches the heads less, so that wrong labels do not defend each other. Then both count alike.
    """
    first = kernel_ridge.left_out_probabilities(vectors, actual, classes, seed)
    trust = own(first, actual) / first.max(axis=1)
    second = _out_of_fold(vectors, actual, classes, seed, trust)
    return head.softmax((np.log(np.maximum(first, 1e-12)) + np.log(np.maximum(second, 1e-12))) / 2)


def _out_of_fold(vectors: np.ndarray, actual: np.ndarray, classes: int, seed: int, trust: np.ndarray) -> np.ndarray:
    """Probabilities [N, classes] of every picture by quick heads taught without it, the mean over two ways to cut the folds."""
    decay = head.choose_decay(vectors, actual, classes, seed)
    total = np.zeros((len(actual), classes), np.float32)
    for random in np.random.default_rng(seed).spawn(REPEATS):
        fold = kernel_ridge.strata(actual, FOLDS, random)
        for held_out in range(FOLDS):
            teach = random.permutation(np.flatnonzero(fold != held_out))[:_TEACH_LIMIT]
            taught = head.solve(head.Objective(vectors[teach].astype(np.float32), actual[teach], classes, decay, trust[teach]))
            test = np.flatnonzero(fold == held_out)
            total[test] += head.probabilities_of(taught, vectors[test])
    return total / REPEATS
