"""What the other pictures say of each one: kernel ridge regression on the labels, with every picture left out in turn, in closed form, in numpy."""

import math
from collections.abc import Iterable, Iterator

import numpy as np

from trainer import head

# At most so many pictures are looked at together: time grows with the cube of it.
TOGETHER = 1500
# How near a picture must be to count, as a share of the mean squared distance; the results are alike from 0.1 to 1.
_SHARPNESS = 0.3
_PENALTIES = (0.1, 0.3, 1.0, 3.0, 10.0)
_SCALES = (1, 2, 3, 5, 8, 12, 20, 30)


def left_out_probabilities(vectors: np.ndarray, actual: np.ndarray, classes: int, seed: int) -> np.ndarray:
    """Probabilities, float32 [N, classes], of each picture by all others (by up to 1,500 drawn ones where there are more).

    vectors [N, D], actual int [N] below `classes`. Leaving one out costs nothing (Rasmussen and Williams 2006, 5.4.2), so there are no folds to draw.
    """
    probabilities = np.empty((len(actual), classes), np.float32)
    batch = strata(actual, math.ceil(len(actual) / TOGETHER), np.random.default_rng(seed))
    for number in range(batch.max() + 1):
        rows = np.flatnonzero(batch == number)
        kernel = _kernel(np.asarray(vectors[rows], np.float32))
        probabilities[rows] = _best(kernel, actual[rows], classes)
    return probabilities


def strata(actual: np.ndarray, parts: int, random: np.random.Generator) -> np.ndarray:
    """The part of each row, int64 [N]; every label is spread over all parts, as evenly as it goes."""
    order = random.permutation(len(actual))
    order = order[np.argsort(actual[order], kind="stable")]
    part = np.empty(len(actual), np.int64)
    part[order] = np.arange(len(actual)) % parts
    return part


def _kernel(vectors: np.ndarray) -> np.ndarray:
    """Gaussian kernel [N, N] on the directions of the vectors, centred, with a mean of one on its diagonal."""
    directions = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    distances = np.maximum(2 - 2 * directions @ directions.T, 0)
    kernel = np.exp(-_SHARPNESS * distances / max(float(distances.mean()), 0.01))
    kernel -= kernel.mean(axis=0)
    kernel -= kernel.mean(axis=1, keepdims=True)
    # Pictures that are all alike leave nothing but rounding, which must not be magnified.
    return kernel / max(float(np.trace(kernel)) / len(kernel), 0.001)


def _best(kernel: np.ndarray, actual: np.ndarray, classes: int) -> np.ndarray:
    """The probabilities of the penalty and the scale that are least surprised (cross-entropy) by the labels."""
    rows, least, best = np.arange(len(actual)), math.inf, None
    for scores in _left_out_scores(kernel, actual, classes):
        for scale in _SCALES:
            probabilities = head.softmax(scale * scores)
            loss = -float(np.log(np.maximum(probabilities[rows, actual], 1e-12)).sum())
            if loss < least:
                least, best = loss, probabilities
    return best


def _left_out_scores(kernel: np.ndarray, actual: np.ndarray, classes: int, penalties: Iterable[float] = _PENALTIES) -> Iterator[np.ndarray]:
    """For each penalty the scores [N, classes], about 1 for the right label and 0 for others, of each picture when the rest were learned from."""
    values, bases = np.linalg.eigh(kernel)
    values = np.maximum(values, 0)  # a kernel has none below zero but by rounding
    target = np.eye(classes, dtype=np.float32)[actual]
    mean = target.mean(axis=0)
    target -= mean
    along = bases.T @ target
    for penalty in penalties:
        kept = bases * (values / (values + penalty))
        own = ((kept * bases).sum(axis=1) + 1 / len(actual))[:, None]
        yield mean + (kept @ along - own * target) / np.maximum(1 - own, 1e-6)
