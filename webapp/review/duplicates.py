"""Which pictures of a project are nearly the same: by their perceptual hashes and their vectors together, by the rule of `images.alike`. Knows no database.

The rule is the greater of two products of vectors, so candidates come from the search that finds similar pictures (`trainer.products`): the one with the greatest cosine,
and the one with the greatest sum of cosine and agreement of bits. Which are near is then reckoned on the whole vectors.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from threadpoolctl import threadpool_limits

from trainer.principal import components
from trainer.products import nearest_of_all
from webapp.images.alike import BITS, LEAST, PER_BIT, SURE, margin_of, signs

BLOCK = 512  # pictures compared at once with all leaders
FEW = 2000  # of so many pictures the whole vectors are compared
DIRECTIONS = 192  # of more, as many directions as tell copies apart as well
SAMPLE = 4000
SLACK = 0.02  # copies look a little more alike in few directions than they are, and hardly ever less


@dataclass(frozen=True)
class Pictures:
    """What is compared: vectors [N, D] in float16, their lengths [N], hashes int64 [N] and which of these are there, bool [N]."""

    vectors: np.ndarray
    lengths: np.ndarray
    hashes: np.ndarray
    hashed: np.ndarray

    def __len__(self) -> int:
        return len(self.lengths)

    def units(self, rows) -> np.ndarray:
        """Vectors of length one, float32; of length zero where there is no vector, which is near to nothing."""
        return np.asarray(self.vectors[rows], np.float32) / np.maximum(self.lengths[rows], 1e-6)[:, None]

    def bits(self, rows) -> np.ndarray:
        """Hashes as -1 and 1, float32 [n, 64]; zeros where there is none, as if half of the bits were different."""
        return signs(self.hashes[rows]) * self.hashed[rows][:, None]


def leaders_of(pictures: Pictures, order: np.ndarray, check: Callable[[], None] = lambda: None) -> np.ndarray:
    """For each picture the row of the one that it is nearly the same as, int64 [N]; its own where there is none before it in `order`.

    Everybody in a group is near to its leader, so groups do not grow into chains, and a leader is the first in the order: put the best pictures first.
    `check` is called often and may raise to stop. Memory does not depend on how many are alike. 100,000 pictures take half a minute of one core.
    """
    with threadpool_limits(1, "blas"):  # a second thread would take the core that pages and training need
        return _Search(pictures, directions(pictures)).run(order, check)


def directions(pictures: Pictures) -> np.ndarray | None:
    """The directions [D, 192] in which the pictures differ most (principal components, not centred); None when all shall be compared."""
    if len(pictures) <= FEW:
        return None
    some = pictures.units(np.sort(np.random.default_rng(0).choice(len(pictures), min(SAMPLE, len(pictures)), replace=False)))
    return components(some, DIRECTIONS)


class _Search:
    """Leaders found so far, as they are compared: their unit vectors in a few directions, and beside these their bits, as long as they count."""

    def __init__(self, pictures: Pictures, basis: np.ndarray | None):
        self.pictures, self.basis = pictures, basis
        self.width = pictures.vectors.shape[1] if basis is None else basis.shape[1]
        self.count, self.rows = 0, np.zeros(len(pictures), np.int64)
        self.leaders = np.zeros((len(pictures), self.width + BITS), np.float32)

    def run(self, order: np.ndarray, check: Callable[[], None]) -> np.ndarray:
        leader = np.arange(len(self.pictures))
        for start in range(0, len(order), BLOCK):
            check()
            rows = order[start : start + BLOCK]
            compared = self.compared(rows)
            leader[rows] = self.known(rows, compared)
            free = np.flatnonzero(leader[rows] == rows)
            self.among(rows[free], compared[free], leader)
            new = free[leader[rows[free]] == rows[free]]
            self.add(rows[new], compared[new])
        return leader

    def compared(self, rows: np.ndarray) -> np.ndarray:
        """What is compared of pictures, [n, width + BITS]: the product of two of them is their cosine and what their bits add to it."""
        return np.concatenate([self.squeezed(rows), np.sqrt(np.float32(PER_BIT / 2)) * self.pictures.bits(rows)], axis=1)

    def squeezed(self, rows: np.ndarray) -> np.ndarray:
        units = self.pictures.units(rows)
        if self.basis is None:
            return units
        few = units @ self.basis
        return few / np.maximum(np.linalg.norm(few, axis=1, keepdims=True), 1e-6)

    def known(self, rows: np.ndarray, compared: np.ndarray) -> np.ndarray:
        """The leader of each of the rows among those found before, or the row itself."""
        if not self.count:
            return rows
        alone, nearest = nearest_of_all(compared[:, : self.width], self.leaders[: self.count, : self.width], 1)
        both, nearest_by_both = nearest_of_all(compared, self.leaders[: self.count], 1)
        surely, likely = alone[:, 0] - SURE, both[:, 0] - (LEAST + PER_BIT * BITS / 2)
        best = self.rows[np.where(surely > likely, nearest[:, 0], nearest_by_both[:, 0])]
        best = np.where(np.maximum(surely, likely) > -SLACK, best, rows)
        return np.where(self.exactly(rows, best), best, rows)

    def among(self, rows: np.ndarray, compared: np.ndarray, leader: np.ndarray) -> None:
        """Find leaders within a block: the first of those that are alike."""
        if not len(rows):
            return
        cosines = compared[:, : self.width] @ compared[:, : self.width].T
        margins = np.maximum(cosines - SURE, compared @ compared.T - (LEAST + PER_BIT * BITS / 2))
        first, second = np.nonzero(np.triu(margins >= -SLACK, 1))
        alike = self.exactly(rows[first], rows[second])
        for a, b in zip(rows[first[alike]], rows[second[alike]], strict=True):
            if leader[a] == a and leader[b] == b:
                leader[b] = a

    def exactly(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        """Whether pairs of pictures are near, by their whole vectors, bool [n]."""
        near = np.zeros(len(first), bool)
        for start in range(0, len(first), 8 * BLOCK):
            a, b = first[start : start + 8 * BLOCK], second[start : start + 8 * BLOCK]
            cosine = np.einsum("nd,nd->n", self.pictures.units(a), self.pictures.units(b))
            agree = np.einsum("nd,nd->n", self.pictures.bits(a), self.pictures.bits(b))
            near[start : start + 8 * BLOCK] = margin_of(cosine, agree) >= 0
        return near

    def add(self, rows: np.ndarray, compared: np.ndarray) -> None:
        part = slice(self.count, self.count + len(rows))
        self.rows[part], self.leaders[part] = rows, compared
        self.count += len(rows)
