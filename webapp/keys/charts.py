"""The use of keys as bars: one for each day, the oldest first."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from webapp.keys.usage import Day

WIDE, HIGH = 20, 100  # of a day in the drawing
GAP = 4


class Bar(NamedTuple):
    """One day: where its bar stands, how high it is, and how much of that, from the foot, are errors."""

    x: int
    y: int
    height: int
    errors_y: int
    errors_height: int


class Chart(NamedTuple):
    bars: list[Bar]
    width: int
    bar_width: int
    most: int  # calls of the busiest day
    calls: int
    errors: int
    ms: float | None
    first: date
    last: date


def chart_of(days: Sequence[Day]) -> Chart | None:
    """The drawing of days (newest first); None where nothing was called."""
    most = max((day.calls for day in days), default=0)
    if not most:
        return None
    calls, errors = sum(day.calls for day in days), sum(day.errors for day in days)
    ms = sum(day.calls * day.ms for day in days if day.ms is not None) / calls
    bars = [bar(number, day, most) for number, day in enumerate(reversed(days)) if day.calls]
    return Chart(bars, WIDE * len(days), WIDE - GAP, most, calls, errors, ms, days[-1].day, days[0].day)


def bar(number: int, day: Day, most: int) -> Bar:
    height, errors = high(day.calls, most), high(day.errors, most)
    return Bar(WIDE * number + GAP // 2, HIGH - height, height, HIGH - errors, errors)


def high(count: int, most: int) -> int:
    """How high so many calls stand; what is there at all is seen."""
    return max(2, round(HIGH * count / most)) if count else 0
