"""How many of the true neighbours an index finds, measured on pictures of its own, and how many candidates it has to look at for that.

A picture is a harder question than one that is not in the collection and looks like several in it: its own place among the neighbours does not count. Of 90,000 vectors, share of the
true three nearest among 16, 32 and 64 candidates, 300 of them asked and 2,000 held out: photos and their copies 0.971, 0.993, 1.000 and 0.975, 0.997, 1.000; synthetic clusters 0.993, 0.999, 1.000
and 0.997, 0.999, 1.000. So what is measured may be promised.
"""

import numpy as np

from trainer.nearest import Nearest
from trainer.products import merge, nearest_of_all
from trainer.standalone.novelty import directions

QUESTIONS, NEAREST = 300, 3  # vectors whose true neighbours are looked for, and how many of them
SAME = 1e-6  # cosines that differ by less are equal
ENOUGH = 0.995  # of the true neighbours; where fewer are found, more candidates are looked at
WIDTHS = (16, 24, 32, 48, 64, 96, 128, 192, 256, 512)


class Truth:
    """The true neighbours of the first vectors [N, 1280] of a collection among all that are seen; those are seen first, too."""

    def __init__(self, first: np.ndarray):
        self.vectors, self.seen = first[:QUESTIONS], 0
        shape = len(self.vectors), NEAREST + 2  # each finds itself, and the first that is no neighbour any more
        self.cosines, self.places = np.full(shape, -np.inf, np.float32), np.full(shape, -1, np.int64)

    def see(self, vectors: np.ndarray) -> None:
        """Look for true neighbours among further vectors [N, 1280]."""
        cosines, places = nearest_of_all(directions(self.vectors), directions(vectors), self.places.shape[1])
        merge(self.cosines, self.places, cosines, places + self.seen)
        self.seen += len(vectors)

    def recall(self, found: np.ndarray) -> float:
        """The share of the true neighbours that are among those found, places [Q, count]; 1 where there are none to find."""
        true = [self._neighbours(number) for number in range(len(self.places))]
        total = sum(map(len, true))
        return sum(len(known & set(places)) for known, places in zip(true, found, strict=True)) / total if total else 1.0

    def _neighbours(self, number: int) -> set[int]:
        """The places nearer to a question than all others: of a hundred equal pictures each may be found as well."""
        clear = self.places[number][self.cosines[number] > self.cosines[number, -1] + SAME]
        return set([place for place in clear.tolist() if place != number][:NEAREST])


def widened(nearest: Nearest, truth: Truth) -> float:
    """Have an index look at as many candidates as it takes to find enough of the true neighbours; the share that it finds."""
    recall = 0.0
    for nearest.wide in WIDTHS:
        recall = truth.recall(nearest.search_many(truth.vectors, nearest.wide))
        if recall >= ENOUGH:
            break
    return recall
