"""The picture of time against accuracy: where each way to pack a model stands, and the axes that all of them fit on.

Everything is in percent of the drawing, so that it stretches; time runs to the right on a logarithmic axis, accuracy upwards.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from webapp.tuning.models import Measurement

STEPS = (0.01, 0.02, 0.05, 0.1, 0.2)  # between the lines of the accuracy axis; six lines at most
LINES = 5
MARKS = (1, 2, 5)
OPTIONAL = 5  # this mark of each decade has no room on a phone, nor has one that is so near to an end:
NEAR = 15  # percent of the axis


@dataclass(frozen=True)
class Axes:
    """What the drawing shows: milliseconds from `low` to `high`, accuracy from `floor` to `top` in steps of `step`."""

    low: float
    high: float
    floor: float
    top: float
    step: float

    def x(self, milliseconds: float) -> float:
        """Where a time stands, 0 to 100; what is off the axis stands at its end."""
        share = math.log(max(milliseconds, self.low) / self.low) / math.log(self.high / self.low)
        return round(100 * min(1.0, share), 2)

    def y(self, accuracy: float) -> float:
        return round(100 * (self.top - accuracy) / (self.top - self.floor), 2)


@dataclass(frozen=True)
class Tick:
    """A mark of the time axis."""

    x: float
    label: str
    anchor: str
    is_optional: bool


@dataclass(frozen=True)
class Point:
    """A row where it stands."""

    row: Measurement
    x: float
    y: float
    is_front: bool


@dataclass(frozen=True)
class Chart:
    """Everything that the template draws."""

    axes: Axes
    ticks: list[Tick]
    levels: list[str]  # of the accuracy axis, from the top
    grid: str
    front: str  # the best line
    points: list[Point]


def chart(rows: Sequence[Measurement], front: Iterable[Measurement]) -> Chart:
    """The drawing of measured rows; `front` are those that nothing beats, the fastest first. At least one row."""
    axes = axes_for(rows)
    best = list(front)
    ids = {row.id for row in best}
    points = [Point(row, axes.x(row.p50_ms), axes.y(row.accuracy), row.id in ids) for row in rows]
    line = " L".join(f"{axes.x(row.p50_ms)} {axes.y(row.accuracy)}" for row in best)
    # What is best is drawn last, over the others.
    return Chart(axes, ticks(axes), levels(axes), grid(axes), f"M{line}" if best else "", sorted(points, key=lambda point: point.is_front))


def axes_for(rows: Sequence[Measurement]) -> Axes:
    """Round ends that all rows lie between, with some room."""
    times, shares = [row.p50_ms for row in rows], [row.accuracy for row in rows]
    low, high = round_below(min(times) * 0.95), round_above(max(times) * 1.05)
    if high / low < 9:
        low, high = (low, round_above(low * 9)) if low * high < 100 else (round_below(high / 9), high)
    floor, top, step = share_axis(min(shares), max(shares))
    return Axes(low, high, floor, top, step)


def share_axis(lowest: float, highest: float) -> tuple[float, float, float]:
    """Floor, top and step of the accuracy axis: the finest step with which all shares fit between six lines."""
    for step in STEPS:
        top = min(1.0, step * math.ceil(round(highest / step, 6) + 0.25))
        floor = max(0.0, round(top - LINES * step, 6))
        if lowest >= floor + step / 4 or floor == 0:
            return floor, round(top, 6), step
    return 0.0, 1.0, STEPS[-1]


def marks() -> list[float]:
    """1, 2 and 5 of each decade, from a hundredth of a millisecond to a hundred seconds."""
    return [mark * 10.0**power for power in range(-2, 6) for mark in MARKS]


def round_below(value: float) -> float:
    return max((mark for mark in marks() if mark <= value), default=marks()[0])


def round_above(value: float) -> float:
    return min((mark for mark in marks() if mark >= value), default=marks()[-1])


def ticks(axes: Axes) -> list[Tick]:
    """The marks between the ends; the first one says the unit."""
    shown = [mark for mark in marks() if axes.low <= mark <= axes.high * 1.001]
    anchors = ["start", *["middle"] * (len(shown) - 2), "end"]
    return [tick(axes, mark, anchor) for mark, anchor in zip(shown, anchors, strict=True)]


def tick(axes: Axes, mark: float, anchor: str) -> Tick:
    digit = round(mark / 10 ** math.floor(math.log10(mark) + 1e-9))
    label = f"{mark:g} ms" if anchor == "start" else f"{mark:g}"
    x = axes.x(mark)
    return Tick(x, label, anchor, anchor == "middle" and (digit == OPTIONAL or min(x, 100 - x) < NEAR))


def levels(axes: Axes) -> list[str]:
    """What the lines of the accuracy axis say, from the top; the first one with its sign."""
    count = round((axes.top - axes.floor) / axes.step)
    numbers = [f"{round(100 * (axes.top - place * axes.step))}" for place in range(count + 1)]
    return [f"{numbers[0]}%", *numbers[1:]]


def grid(axes: Axes) -> str:
    """The lines of the accuracy axis as one path."""
    count = round((axes.top - axes.floor) / axes.step)
    return "".join(f"M0 {round(100 * place / count, 2)}H100" for place in range(count + 1))
