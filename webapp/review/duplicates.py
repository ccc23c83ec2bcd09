"""Which pictures of a project are nearly the same: by their perceptual hashes and their vectors together, by the rule of `images.alike`. Knows no database.

Candidates come from the index in which similar pictures are found, WIDE for each picture; which of them are near is then reckoned on the whole vectors. Of 13,921 near pairs
among 8,000 photos and copies of them 16 candidates hold 99.9 % and 32 all; their cosines in the index were never below 0.77, and those of pairs without common bits never below 0.93.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from threadpoolctl import threadpool_limits

from webapp.images.alike import BITS, LEAST, PER_BIT, SURE, margin_of, signs

BLOCK = 512  # pictures whose candidates are looked for at once
WIDE, WIDER = 32, 4  # candidates of a picture, and how many times as many where most of them are near
POSSIBLE, POSSIBLY_SURE = 0.65, 0.8  # cosines in the index, below which no pair is near, and none whose bits have little in common
COMMON = (SURE - LEAST) / PER_BIT  # bits that differ in pairs that are near although their cosine is less than SURE, at most

# From vectors float32 [n, D] and a count to what lies nearest in the index: cosines float32 and rows int64, [n, count]; row -1 for what is none of the pictures.
Neighbours = Callable[[np.ndarray, int], tuple[np.ndarray, np.ndarray]]


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


def leaders_of(pictures: Pictures, order: np.ndarray, neighbours: Neighbours, check: Callable[[], None] = lambda: None) -> np.ndarray:
    """For each picture the row of the one that it is nearly the same as, int64 [N]; its own where there is none before it in `order`.

    Everybody in a group is near to its leader, so groups do not grow into chains, and a leader is the first in the order: put the best pictures first.
    `check` is called often and may raise to stop. Memory does not depend on how many are alike.
    """
    with threadpool_limits(1, "blas"):  # a second thread would take the core that pages and training need
        return _Groups(pictures, order, neighbours).found(check)


class _Groups:
    """Leaders found so far, and for what is near to one of them the nearest of these."""

    def __init__(self, pictures: Pictures, order: np.ndarray, neighbours: Neighbours):
        self.pictures, self.order, self.neighbours = pictures, order, neighbours
        self.turn = np.empty(len(pictures), np.int64)
        self.turn[order] = np.arange(len(order))
        self.leader = np.arange(len(pictures))
        self.margins = np.full(len(pictures), -np.inf, np.float32)  # to the leader; infinite for leaders

    def found(self, check: Callable[[], None]) -> np.ndarray:
        for start in range(0, len(self.order), BLOCK):
            check()
            rows = self.order[start : start + BLOCK]
            open_rows = rows[(self.margins[rows] < 0) & (self.pictures.lengths[rows] > 0)]
            if len(open_rows):
                self.settle(open_rows)
        return self.leader

    def settle(self, rows: np.ndarray) -> None:
        """Each of the rows in turn follows the nearest leader, or is one."""
        for row, near, margins, is_crowded in zip(rows, *self.near(rows, WIDE), strict=True):
            if self.margins[row] >= 0:
                continue  # it follows one of this block
            leads = np.isposinf(self.margins[near])
            if leads.any():
                self.follow(np.array([row]), int(near[leads][margins[leads].argmax()]), margins[leads].max(keepdims=True))
            else:
                self.lead(row, near, margins, is_crowded)

    def lead(self, row: int, near: np.ndarray, margins: np.ndarray, is_crowded: bool) -> None:
        """Have everything that is near to a picture follow it, however much that is."""
        wide = WIDE
        while is_crowded and wide < len(self.pictures):
            wide *= WIDER
            (near,), (margins,), (is_crowded,) = self.near(np.array([row]), wide)
        self.margins[row] = np.inf
        self.follow(near, row, margins)

    def follow(self, rows: np.ndarray, leader: int, margins: np.ndarray) -> None:
        nearer = (margins > self.margins[rows]) & (self.turn[rows] > self.turn[leader])
        self.leader[rows[nearer]], self.margins[rows[nearer]] = leader, margins[nearer]

    def near(self, rows: np.ndarray, wide: int) -> tuple[list[np.ndarray], list[np.ndarray], np.ndarray]:
        """For each of some rows the others that are near to it with their margins, and whether most of what was looked at is, bool [n]: there may be more."""
        cosines, others = self.neighbours(np.asarray(self.pictures.vectors[rows], np.float32), wide)
        asker, place = np.nonzero((others >= 0) & (others != rows[:, None]) & (cosines >= POSSIBLE))
        other = others[asker, place]
        possible = (cosines[asker, place] >= POSSIBLY_SURE) | (self.differing(rows[asker], other) <= COMMON)
        asker, other = asker[possible], other[possible]
        margins = self.margins_of(rows[asker], other)
        asker, other, margins = asker[margins >= 0], other[margins >= 0], margins[margins >= 0]
        counts = np.bincount(asker, minlength=len(rows))
        ends = np.cumsum(counts)[:-1]
        return np.split(other, ends), np.split(margins, ends), 2 * counts >= others.shape[1]

    def differing(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        """In how many bits the hashes of pairs differ; half of them where one has none."""
        bits = np.bitwise_count((self.pictures.hashes[first] ^ self.pictures.hashes[second]).view(np.uint64)).astype(np.int64)
        return np.where(self.pictures.hashed[first] & self.pictures.hashed[second], bits, BITS // 2)

    def margins_of(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        """How far pairs of pictures are above what makes them near, by their whole vectors, float32 [n]."""
        margins = np.zeros(len(first), np.float32)
        for start in range(0, len(first), 8 * BLOCK):
            part = slice(start, start + 8 * BLOCK)
            a, b = first[part], second[part]
            cosine = np.einsum("nd,nd->n", self.pictures.units(a), self.pictures.units(b))
            margins[part] = margin_of(cosine, (BITS - 2 * self.differing(a, b)).astype(np.float32))
        return margins
