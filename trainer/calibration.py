"""Confidences that mean what they say: temperature scaling (Guo et al. 2017) and the reliability diagram."""

import numpy as np

from trainer.head import softmax

LEAST, MOST = 0.25, 4.0
BINS = 10
# Before it has seen a picture it holds a logarithm of the temperature beyond 0.3 for as unlikely as a normal distribution with this spread does.
_PRIOR_SPREAD = 0.3
_GRID = np.geomspace(LEAST, MOST, 241)


def temperature(logits: np.ndarray, actual: np.ndarray) -> float:
    """What logits [N, C] are to be divided by, from 0.25 to 4, so that their softmax is least surprised by the labels (int [N]).

    The order of the answers does not change. A handful of pictures cannot tell a temperature: five that are all right would ask for certainty.
    So 1 counts as likely beforehand (a normal prior on its logarithm), which ten pictures hardly move and a hundred overrule.
    """
    logits, rows = np.asarray(logits, np.float64), np.arange(len(actual))
    losses = [_surprise(logits / value, rows, actual) + (np.log(value) / _PRIOR_SPREAD) ** 2 / 2 for value in _GRID]
    return float(_GRID[int(np.argmin(losses))])


def reliability(probabilities: np.ndarray, actual: np.ndarray, bins: int = BINS) -> list[dict]:
    """Equal bins of confidence as {low, high, count, confidence, accuracy}; of an empty one the last two are None."""
    confidence, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == actual
    place = np.minimum((confidence * bins).astype(int), bins - 1)
    return [_bin(confidence[place == number], right[place == number], number / bins, (number + 1) / bins) for number in range(bins)]


def expected_calibration_error(probabilities: np.ndarray, actual: np.ndarray, bins: int = BINS) -> float:
    """Mean gap between confidence and accuracy over equal bins of confidence (Guo et al. 2017)."""
    gaps = [bar["count"] * abs(bar["accuracy"] - bar["confidence"]) for bar in reliability(probabilities, actual, bins) if bar["count"]]
    return float(sum(gaps) / max(len(actual), 1))


def calibration(before: np.ndarray, after: np.ndarray, actual: np.ndarray, value: float) -> dict:
    """What an evaluation says of the confidences [N, C] before and after dividing by the temperature `value`."""
    return {
        "ece": expected_calibration_error(after, actual), "ece_before": expected_calibration_error(before, actual),
        "temperature": value, "bins": reliability(after, actual),
    }


def _surprise(scores: np.ndarray, rows: np.ndarray, actual: np.ndarray) -> float:
    return -float(np.log(np.maximum(softmax(scores)[rows, actual], 1e-12)).sum())


def _bin(confidence: np.ndarray, right: np.ndarray, low: float, high: float) -> dict:
    known = {"confidence": float(confidence.mean()), "accuracy": float(right.mean())} if len(right) else {"confidence": None, "accuracy": None}
    return {"low": low, "high": high, "count": len(right), **known}
