"""How good a model is, from its probabilities on pictures it has not learned from."""

import math
from collections.abc import Sequence

import numpy as np

from trainer.calibration import expected_calibration_error

MAX_MISTAKES = 1000


def evaluate(probabilities: np.ndarray, actual: np.ndarray, *, labels: Sequence[str] | None = None, keys: Sequence[str] | None = None) -> dict:
    """An evaluation as plain values, shaped as the API answers it.

    probabilities: [N, C]; actual: [N] whole numbers below C; labels: C names; keys: N picture ids for the mistakes.
    """
    probabilities, actual = np.asarray(probabilities, np.float64), np.asarray(actual, np.int64)
    labels = labels or [str(index) for index in range(probabilities.shape[1])]
    predicted = probabilities.argmax(axis=1)
    confusion = confusion_matrix(predicted, actual, len(labels))
    return {
        "accuracy": accuracy(confusion),
        "interval": wilson_interval(int(np.trace(confusion)), len(actual)),
        "labels": per_label(confusion, labels),
        "confusion": confusion.tolist(),
        "mistakes": _mistakes(probabilities, predicted, actual, labels, keys),
        "calibration": {"ece": expected_calibration_error(probabilities, actual)},
    }


def answers(probabilities: np.ndarray, actual: np.ndarray, labels: Sequence[str], keys: Sequence[str]) -> list[list]:
    """What was said to each picture, as [key, actual label, predicted label, confidence] each."""
    predicted = probabilities.argmax(axis=1)
    return [
        [key, labels[right], labels[said], round(float(row[said]), 4)]
        for key, right, said, row in zip(keys, actual, predicted, probabilities, strict=True)
    ]


def confusion_matrix(predicted: np.ndarray, actual: np.ndarray, count: int) -> np.ndarray:
    """Pictures counted by actual label (row) and predicted label (column), int64 [count, count]."""
    return np.bincount(actual * count + predicted, minlength=count * count).reshape(count, count)


def accuracy(confusion: np.ndarray) -> float:
    """Share of pictures on the diagonal; 0 where there are none."""
    return _share(np.trace(confusion), confusion.sum())


def per_label(confusion: np.ndarray, labels: Sequence[str]) -> list[dict]:
    """Precision, recall, F1 and support (number of pictures) of each label; 0 where a share has nothing under it."""
    hits, predicted, support = np.diag(confusion), confusion.sum(axis=0), confusion.sum(axis=1)
    return [
        {
            "name": name,
            "precision": _share(hits[i], predicted[i]),
            "recall": _share(hits[i], support[i]),
            "f1": _share(2 * hits[i], predicted[i] + support[i]),
            "support": int(support[i]),
        }
        for i, name in enumerate(labels)
    ]


def wilson_interval(hits: float, count: int, z: float = 1.959964) -> list[float]:
    """The 95 % interval [low, high] of a share (Wilson 1927): honest for few pictures and near 0 and 1."""
    if count == 0:
        return [0.0, 1.0]
    share, spread = hits / count, z * z / count
    middle = (share + spread / 2) / (1 + spread)
    half = z * math.sqrt(share * (1 - share) / count + spread / (4 * count)) / (1 + spread)
    return [max(0.0, middle - half), min(1.0, middle + half)]


def cross_entropy(probabilities: np.ndarray, actual: np.ndarray) -> float:
    """Mean negative log of the probability given to the right label, in nats."""
    right = np.asarray(probabilities, np.float64)[np.arange(len(actual)), actual]
    return float(-np.log(np.maximum(right, 1e-12)).mean())


def _mistakes(probabilities: np.ndarray, predicted: np.ndarray, actual: np.ndarray, labels: Sequence[str], keys: Sequence[str] | None) -> list[dict]:
    wrong = np.flatnonzero(predicted != actual)
    confidence = probabilities[wrong, predicted[wrong]]
    surest_first = wrong[np.argsort(-confidence, kind="stable")][:MAX_MISTAKES]
    return [
        {
            "image_id": keys[i] if keys is not None else str(i),
            "actual": labels[actual[i]],
            "predicted": labels[predicted[i]],
            "confidence": float(probabilities[i, predicted[i]]),
        }
        for i in surest_first
    ]


def _share(part: float, whole: float) -> float:
    return float(part / whole) if whole else 0.0
