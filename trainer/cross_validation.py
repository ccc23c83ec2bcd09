"""What quick heads say of pictures that they have not seen: every picture is left out once, together with its near duplicates."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np

from trainer import head, metrics

FOLDS = 5
LIMIT = 2000  # pictures: of more, as many of each label as it takes


@dataclass(frozen=True)
class Pictures:
    """Vectors [N, D], labels int [N] below `classes`, and what each picture shares with its near duplicates (None: with nobody)."""

    vectors: np.ndarray
    actual: np.ndarray
    groups: Sequence[Hashable]
    classes: int

    def __len__(self) -> int:
        return len(self.actual)

    def some(self, rows: np.ndarray) -> "Pictures":
        return Pictures(self.vectors[rows], self.actual[rows], [self.groups[row] for row in rows], self.classes)


def spread(actual: np.ndarray, most: int, seed: int) -> np.ndarray:
    """Numbers of at most `most` rows, in order, as evenly spread over the labels as they allow."""
    order = np.random.default_rng(seed).permutation(len(actual))
    order = order[np.argsort(actual[order], kind="stable")]
    starts = np.searchsorted(actual[order], actual[order])
    turn = np.arange(len(order)) - starts  # the first of each label, then the second of each, ...
    return np.sort(order[np.argsort(turn, kind="stable")][:most])


def folds_of(actual: np.ndarray, groups: Sequence[Hashable], folds: int, seed: int) -> np.ndarray:
    """The fold of each row, int64 [N]: every label is spread over all folds, and a group is in one of them."""
    random, fold = np.random.default_rng(seed), np.empty(len(actual), np.int64)
    order = random.permutation(len(actual))
    order = order[np.argsort(actual[order], kind="stable")]
    place, count = {}, 0
    for row in order:
        name = row if groups[row] is None else groups[row]
        key = (groups[row] is None, name)
        if key not in place:
            place[key], count = count % folds, count + 1
        fold[row] = place[key]
    return fold


def out_of_fold(pictures: Pictures, fold: np.ndarray, decay: float) -> np.ndarray:
    """Logits, float32 [N, classes], of every picture by a head that learned from the other folds."""
    logits = np.zeros((len(pictures), pictures.classes), np.float32)
    for number in np.unique(fold):
        teach, test = fold != number, fold == number
        logits[test] = head.logits(taught(pictures.some(np.flatnonzero(teach)), decay), np.asarray(pictures.vectors[test], np.float32))
    return logits


def taught(pictures: Pictures, decay: float) -> np.ndarray:
    """The head that learned from all of the pictures."""
    return head.solve(head.Objective(np.asarray(pictures.vectors, np.float32), pictures.actual, pictures.classes, decay))


def figure(logits: np.ndarray, actual: np.ndarray, groups: Sequence[Hashable], folds: int = FOLDS) -> dict:
    """What an evaluation says of out-of-fold logits: accuracy, its 95 % interval and the number of folds.

    The interval is as wide as for one picture of each group: near duplicates are right or wrong together, and say it once.
    """
    accuracy = float((logits.argmax(axis=1) == actual).mean())
    told = sum(group is None for group in groups) + len({group for group in groups if group is not None})
    return {"accuracy": accuracy, "interval": metrics.wilson_interval(accuracy * told, told), "folds": folds}
