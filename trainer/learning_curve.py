"""How good the quick head would be now, how that grows with pictures, and of which label more of them would help most. In numpy, in well under a second.

The curve: heads learn from a quarter, a half, three quarters and all of every label, and an inverse power law, error = a * pictures ** -exponent
(Cortes et al. 1993), is fitted to what they get wrong. The same law says what 20 more pictures of every label, or of one label, would bring.
More pictures of one label help only while it has fewer than the others: beyond that, it wins what they lose. docs/instant.md says how that was
measured; benchmarks/learning_curve.py measures it again.
"""

import math
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from threadpoolctl import threadpool_limits

from trainer import held_out
from trainer.metrics import wilson_interval

MORE = 20  # pictures of a label that the advice speaks of
LEAST = 5  # pictures of a label to judge it at all
SHARES = (0.25, 0.5, 0.75, 1.0)
MOST = 10_000  # pictures that one look learns from, drawn where there are more
_MOST_OF_CURVE = 1000  # pictures that the curve is drawn with
_REPEATS = 4
_FOLDS = 10
_MANY = 600  # pictures from which on half as many folds are as honest
# Before anything is measured, errors are thought to fall like pictures ** -0.33: so they did for 5 to 35 photos of each of 10 kinds of clothes.
_USUAL, _USUAL_SPREAD = 0.33, 0.1
_STEEPEST = 0.7
WORTH = 0.005  # of accuracy: less is not worth a word
# A label with half as many pictures as the mean keeps what it gains; one with a tenth more than the mean takes all of it from the others.
_SCARCE, _PLENTY = 0.5, 1.1


@dataclass(frozen=True)
class LabelScore:
    """A label: its pictures, the share of them that is recognised, and by how much MORE pictures of it would raise the accuracy (with its 95 % interval)."""

    images: int
    recall: float
    gain: float
    gain_interval: tuple[float, float]


@dataclass(frozen=True)
class Measured:
    """Accuracy on pictures held out in turn with its 95 % interval, a LabelScore for each label, and the curve as (pictures of all labels, accuracy).

    In the curve and the gains every label counts alike, however many pictures it has. `best` is the label of which more pictures would help most, or None;
    `even_gain` is by how much MORE pictures of every label would raise the accuracy.
    """

    images: int
    accuracy: float
    interval: tuple[float, float]
    labels: list[LabelScore]
    curve: list[tuple[int, float]]
    exponent: float
    best: int | None
    even_gain: float


def measure(vectors: np.ndarray, actual: np.ndarray, groups: Sequence[Hashable], seed: int = 0, check: Callable[[], None] = lambda: None) -> Measured:
    """Measure pictures: vectors [N, D], actual int [N] (the number of the label, each of which has at least LEAST pictures), groups of near duplicates or None [N].

    Raises ValueError with fewer than two labels or too few pictures of one. The same answer for the same seed and order.
    `check` is called often and may raise to stop.
    """
    counts = np.bincount(actual)
    if len(counts) < 2 or counts.min() < LEAST:
        raise ValueError(f"measuring needs two labels with {LEAST} pictures each")
    # One thread: it runs beside other work, and a second one makes such small products wait for each other.
    with threadpool_limits(1, "blas"):
        return _measure(held_out.features(vectors), actual, groups, counts, np.random.default_rng(seed), check)


def drawn(actual: np.ndarray, most: int, random: np.random.Generator) -> np.ndarray:
    """At most about `most` rows, sorted, int64: all labels shrink alike, but none below LEAST pictures where it has them."""
    counts = np.bincount(actual)
    keep = np.maximum(np.minimum(counts, LEAST), np.floor(counts * min(1.0, most / max(1, len(actual))))).astype(np.int64)
    order = random.permutation(len(actual))
    order = order[np.argsort(actual[order], kind="stable")]
    rank = np.arange(len(actual)) - np.repeat(np.cumsum(counts) - counts, counts)
    return np.sort(order[rank < np.repeat(keep, counts)])


def _measure(ready: np.ndarray, actual: np.ndarray, groups: Sequence[Hashable], counts: np.ndarray, random: np.random.Generator, check: Callable[[], None]) -> Measured:
    classes = len(counts)
    fold = held_out.folds(actual, groups, _folds(counts), random)
    hits = held_out.scores(ready, actual, classes, fold, check=check).argmax(axis=1) == actual
    curve, errors = _curve(ready, actual, groups, random, check)
    exponent = _exponent(curve, len(actual))
    recalls = np.bincount(actual, hits, classes) / counts
    labels = [_label(recalls[one], errors[one], counts, one, exponent) for one in range(classes)]
    even_gain = sum(_gain(errors[one], counts[one], exponent) for one in range(classes)) / classes
    gains = [label.gain for label in labels]
    best = int(np.argmax(gains)) if max(gains) >= WORTH else None
    return Measured(len(actual), float(hits.mean()), _interval(hits, groups), labels, curve, exponent, best, even_gain)


def _label(recall: float, error: float, counts: np.ndarray, one: int, exponent: float) -> LabelScore:
    count, classes = int(counts[one]), len(counts)
    kept = min(1.0, max(0.0, (_PLENTY - count / counts.mean()) / (_PLENTY - _SCARCE)))
    low, high = wilson_interval(round(float(error) * count), count)
    interval = _gain(low, count, max(0.0, exponent - _USUAL_SPREAD)), _gain(high, count, exponent + _USUAL_SPREAD)
    return LabelScore(count, float(recall), kept * _gain(error, count, exponent) / classes, (kept * interval[0] / classes, kept * interval[1] / classes))


def _gain(error: float, count: int, exponent: float) -> float:
    """How much of its errors a label loses by MORE pictures, as a share of its pictures."""
    return float(error) * float(1 - (1 + MORE / count) ** -exponent)


def _folds(counts: np.ndarray) -> int:
    """Folds are many where each has pictures of all labels, so that heads learn from nearly as many pictures as there are."""
    return _FOLDS // 2 if counts.sum() > _MANY else max(LEAST, min(_FOLDS, int(counts.min())))


def _interval(hits: np.ndarray, groups: Sequence[Hashable]) -> tuple[float, float]:
    """The 95 % interval of the share of hits; near duplicates together count as one picture."""
    several = [group for group in groups if group is not None]
    count = len(hits) - len(several) + len(set(several))
    low, high = wilson_interval(round(float(hits.mean()) * count), count)
    return low, high


def _curve(ready: np.ndarray, actual: np.ndarray, groups: Sequence[Hashable], random: np.random.Generator, check: Callable[[], None]) -> tuple[list[tuple[int, float]], np.ndarray]:
    """Accuracy by how many pictures heads learn from, and the error of each label with all of them, every label counting alike."""
    rows = drawn(actual, _MOST_OF_CURVE, random)
    ready, actual, groups = ready[rows], actual[rows], [groups[row] for row in rows]
    counts = np.bincount(actual)
    wrong = np.zeros((len(SHARES), len(counts)))
    repeats = _REPEATS if len(rows) <= _MANY else 1
    for _ in range(repeats):
        fold, place = held_out.folds(actual, groups, _folds(counts), random), _places(actual, counts, random)
        for number, share in enumerate(SHARES):
            check()
            taught = place < np.maximum(np.ceil(counts * share), 2)[actual]
            wrong[number] += np.bincount(actual, _even(ready, actual, fold, taught).argmax(axis=1) != actual, len(counts)) / counts / repeats
    sizes = [int(np.maximum(np.ceil(counts * share), 2).sum()) for share in SHARES]
    return [(size, float(1 - one.mean())) for size, one in zip(sizes, wrong, strict=True)], wrong[-1]


def _even(ready: np.ndarray, actual: np.ndarray, fold: np.ndarray, taught: np.ndarray) -> np.ndarray:
    """Scores of held out pictures by heads for which every label is as likely, however many pictures of it there are."""
    classes = int(actual.max()) + 1
    said = held_out.scores(ready, actual, classes, fold, taught)
    for one in np.unique(fold):
        usual = np.bincount(actual[taught & (fold != one)], minlength=classes)
        said[fold == one] -= usual / max(1, usual.sum())
    return said


def _places(actual: np.ndarray, counts: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Each picture's place, from 0, among those of its label in a random order, int64 [N]."""
    order = random.permutation(len(actual))
    order = order[np.argsort(actual[order], kind="stable")]
    place = np.empty(len(actual), np.int64)
    place[order] = np.arange(len(actual)) - np.repeat(np.cumsum(counts) - counts, counts)
    return place


def _exponent(curve: list[tuple[int, float]], count: int) -> float:
    """The exponent of the law: the slope of log error over log pictures, drawn towards the usual one the less was measured."""
    errors = np.array([max(1 - accuracy, 0.5 / count) for _size, accuracy in curve])
    sizes = np.log([size for size, _accuracy in curve])
    slope = -float(np.polyfit(sizes, np.log(errors), 1)[0]) if sizes[-1] > sizes[0] else _USUAL
    spread = math.sqrt((1 - errors[-1]) / (errors[-1] * count)) / math.log(2)  # of the slope between a half and all
    trust = _USUAL_SPREAD**2 / (_USUAL_SPREAD**2 + spread**2)
    return min(_STEEPEST, max(0.0, trust * slope + (1 - trust) * _USUAL))
