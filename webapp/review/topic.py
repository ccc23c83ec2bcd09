"""Which pictures of a label show something else: those far from the middle of the label, or clearly nearer to the middle of another one. Knows no database.

Chosen on 10 labels of 60 photos of clothes with other pictures among them. Of clean labels 1.2 % of the pictures are called something else, 1.9 % of labels of 12.
Of photos of animals 98 % are found when they are 4 among 60, 92 % of 12, 82 % of 20, and 92 % of 2 among 12; of photos that belong to another of the labels 71 to 78 %.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

LEAST = 8  # pictures of a label; of fewer nobody can say what is usual
FAR, FAR_OF_FEW = 2.5, 5.0  # robust standard deviations from the middle, and more of them where there are few pictures: 2.5 + 5 / N
UNLIKE = 0.6  # one minus the cosine to the middle: nearer ones have something of the label in them, however alike the others are
NEARER = 0.1  # by so much more cosine to another label's middle
MOST_SHARE = 0.25  # of a label: beyond that the label itself is mixed, and a person has to say what it means
KEPT_SHARE, ROUNDS = 0.7, 3  # the middle is that of the pictures nearest to it
SMALLEST_SPREAD = 0.03  # pictures of one thing from one place are all alike, and no small difference is strange
ENOUGH = 4000  # pictures looked at at once, and the most that a middle is made of
_MAD = 1.4826  # makes the median deviation a standard deviation for normal numbers


Units = Callable[[np.ndarray], np.ndarray]  # rows -> vectors of length one, float32 [n, D]


def off_topic(units: Units, labels: np.ndarray, typical: np.ndarray, check: Callable[[], None] = lambda: None) -> np.ndarray:
    """Which pictures show something else than their label, bool [N].

    labels: numbers of labels, int [N]; typical: which pictures say what is usual, bool [N]: one of each group of duplicates. `check` may raise to stop.
    """
    middles: dict[int, Middle] = {}
    for name in np.unique(labels):
        check()
        if found := middle(units(sample(np.flatnonzero((labels == name) & typical)))):
            middles[int(name)] = found
    strange = np.zeros(len(labels), bool)
    for name, own in middles.items():
        rows = np.flatnonzero(labels == name)
        strange[rows[strangers(units, rows, own, [other.centre for key, other in middles.items() if key != name], check)]] = True
    return strange


def sample(rows: np.ndarray) -> np.ndarray:
    """So many of the rows as are enough to know a middle."""
    return rows if len(rows) <= ENOUGH else np.sort(np.random.default_rng(0).choice(rows, ENOUGH, replace=False))


@dataclass(frozen=True)
class Middle:
    """The middle of a label, and how far pictures usually are from it: `usual` plus or minus `spread`, as one minus the cosine."""

    centre: np.ndarray
    usual: float
    spread: float
    count: int


def middle(units: np.ndarray) -> Middle | None:
    """The middle of typical pictures of a label; None of too few. A trimmed mean: strangers do not pull it to them."""
    if len(units) < LEAST:
        return None
    centre = unit(np.median(units, axis=0))
    for _ in range(ROUNDS):
        near = units @ centre
        centre = unit(units[near >= np.quantile(near, 1 - KEPT_SHARE)].mean(axis=0))
    far = 1 - units @ centre
    usual = float(np.median(far))
    return Middle(centre, usual, max(SMALLEST_SPREAD, _MAD * float(np.median(np.abs(far - usual)))), len(units))


def unit(vector: np.ndarray) -> np.ndarray:
    return vector / max(float(np.linalg.norm(vector)), 1e-6)


def strangers(units: Units, rows: np.ndarray, own: Middle, others: list[np.ndarray], check: Callable[[], None]) -> np.ndarray:
    """The places of those of a label's pictures that show something else, the strangest first, at most a quarter of them."""
    deviation, nearer = np.zeros(len(rows)), np.zeros(len(rows))
    for start in range(0, len(rows), ENOUGH):
        check()
        part = slice(start, start + ENOUGH)
        vectors = units(rows[part])
        near = vectors @ own.centre
        deviation[part] = (1 - near - own.usual) / own.spread
        nearer[part] = (vectors @ np.stack(others).T).max(axis=1) - near - NEARER if others else -1
    # A picture in the very middle of its label stays, however near another label is: then the labels are alike.
    nearer[deviation <= 0] = -1
    far = (deviation > FAR + FAR_OF_FEW / own.count) & (own.usual + deviation * own.spread > UNLIKE)
    found = np.flatnonzero(far | (nearer > 0))
    return found[np.argsort(-deviation[found], kind="stable")][: int(MOST_SHARE * len(rows))]
