"""What the page of the speed lab shows of a tuning: every way that was measured, the one that is chosen, and what is said about it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from django.utils.translation import gettext as _

from webapp.serving.models import Model
from webapp.tuning import charts, choosing, keeping, words
from webapp.tuning.models import Measurement, Tuning

FEW = 100  # pictures; a difference of one of them is a point of accuracy, or more
LIMITS = (0.1, 60_000.0)  # milliseconds that may be asked for


@dataclass(frozen=True)
class Asked:
    """What a person asks the page for: a limit in milliseconds, a row that was picked, and which sizes and threads the table shows; None: any."""

    limit: float | None = None
    pick: int | None = None
    size: int | None = None
    threads: int | None = None

    @classmethod
    def of(cls, query: Mapping[str, str]) -> "Asked":
        """Out of an address; what is no number is as if nobody had said it."""
        limit = number(query.get("limit", ""))
        return cls(limit and min(LIMITS[1], max(LIMITS[0], limit)), *(whole(query.get(name, "")) for name in ("pick", "size", "threads")))


def number(text: str) -> float | None:
    """A positive number as it was typed, or None."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if 0 < value < float("inf") else None


def whole(text: str) -> int | None:
    """A positive whole number of at most nine digits, or None."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


@dataclass(frozen=True)
class Way:
    """A measured row with everything that the page says about it."""

    row: Measurement
    native: int  # input size of the model as it was trained
    limit: float
    is_chosen: bool
    is_shown: bool  # in its field of the table
    is_used: bool
    is_eligible: bool
    may_be_used: bool
    why_not: str  # where it may not
    gain: str
    given_up: list[str]

    @property
    def engine(self) -> str:
        return words.engine(self.row.engine)

    @property
    def name(self) -> str:
        return words.way_name(self.row, self.native)

    @property
    def time(self) -> str:
        return words.milliseconds(self.row.p50_ms)

    @property
    def right(self) -> str:
        return words.share(self.row.accuracy)

    @property
    def is_over(self) -> bool:
        return self.row.p50_ms > self.limit

    @property
    def badge(self) -> str:
        return words.sentence("over" if self.is_over else "inside", limit=words.limit(self.limit))

    @property
    def said(self) -> str:
        """The row for whoever hears the page."""
        return _("%(name)s: %(time)s, %(right)s right") % {"name": words.full_name(self.row), "time": self.time, "right": self.right}


class Lab:
    """A tuning as a page shows it, for one request. `newest` is the model's last tuning; `rows` may be of an earlier one while that has none."""

    def __init__(self, *, model: Model, tuning: Tuning, newest: Tuning, rows_of: Tuning, rows: Sequence[Measurement], asked: Asked):
        self.model, self.tuning, self.tuning_of_rows, self.asked = model, tuning, rows_of, asked
        self.is_newest, self.is_earlier = tuning == newest, rows_of != tuning
        self.measured = [row for row in rows if row.status == Measurement.MEASURED]
        self.refused = [row for row in rows if row.status == Measurement.REFUSED]
        self.sentences, self.feels = words.sentences(), words.FEELS

    @property
    def counts(self) -> str:
        """What changes while a page watches: how many rows there are, and how many of them have files."""
        return f"{len(self.measured)}:{sum(bool(row.files) for row in self.measured)}"

    @cached_property
    def keeping(self) -> dict | None:
        """How many of the best are kept already, and of how many, once all are measured; None before and after."""
        tuning = self.tuning
        if not tuning.is_live or self.is_earlier or not 0 < tuning.total <= tuning.processed:
            return None
        done, wanted = keeping.kept(self.measured, tuning)
        return {"done": done, "total": wanted}

    @cached_property
    def limit(self) -> float:
        """The limit that was asked for now, or when it was measured; where nobody said one, the time of what is recommended."""
        return self.asked.limit or self.tuning.target_ms or words.rounded_up(self.recommended.p50_ms)

    @cached_property
    def recommended(self) -> Measurement:
        return choosing.recommended(self.measured) or self.measured[0]

    @cached_property
    def baseline(self) -> Measurement | None:
        return choosing.baseline(self.measured)

    @cached_property
    def fitting(self) -> Measurement | None:
        """The most accurate that fits."""
        return choosing.chosen(self.measured, self.limit)

    @cached_property
    def eligible(self) -> list[Measurement]:
        """Those that are proposed; PyTorch is only where there is nothing else yet."""
        return choosing.eligible(self.measured) or self.measured

    @cached_property
    def picked(self) -> Measurement | None:
        return next((row for row in self.measured if row.id == self.asked.pick), None)

    @cached_property
    def chosen_row(self) -> Measurement:
        return self.picked or self.fitting or min(self.eligible, key=lambda row: row.p50_ms)

    @cached_property
    def ways(self) -> list[Way]:
        """All measured rows, the fastest first."""
        shown = {row.id for cell in self.cells.values() for row in [self.best_of(cell)] if row}
        return [self.way(row, shown) for row in sorted(self.measured, key=lambda row: (row.p50_ms, row.id))]

    def way(self, row: Measurement, shown: set[int]) -> Way:
        """A row as the page shows it; `shown` are the rows that stand in the table."""
        return Way(
            row=row,
            native=self.model.input_size,
            limit=self.limit,
            is_chosen=row == self.chosen_row,
            is_shown=row.id in shown,
            is_used=bool(self.model.published) and choosing.is_used(row, self.model),
            is_eligible=row in self.eligible,
            may_be_used=choosing.may_be_used(row),
            why_not=self.why_not(row),
            gain=words.gain(row, self.baseline),
            given_up=choosing.given_up(row, self.baseline),
        )

    def why_not(self, row: Measurement) -> str:
        """Why a row cannot be used though it was measured; nothing where it can."""
        if choosing.may_be_used(row):
            return ""
        if row.engine not in choosing.SERVED:
            return _("Timed for comparison. It would take too much of the server's memory to answer with it.")
        if self.tuning_of_rows.is_live:
            return _("It can be used as soon as all of them are measured.")
        if row not in self.front:
            return _("Another one is at least as fast and names more pictures right, so the files of this one were not kept. Choose one on the yellow line.")
        return _("Its files are not kept. Measure again, to the end, and it can be used.")

    @cached_property
    def front(self) -> list[Measurement]:
        return choosing.front(self.measured)

    @property
    def few(self) -> int:
        """How many pictures the shares are of, where that is so few that small differences may be chance; else 0."""
        count = max(row.pictures for row in self.measured)
        return count if count < FEW else 0

    @cached_property
    def chosen(self) -> Way:
        return next(way for way in self.ways if way.is_chosen)

    @cached_property
    def cells(self) -> dict[tuple[str, str], list[Measurement]]:
        """Rows by engine and precision."""
        found: dict[tuple[str, str], list[Measurement]] = {}
        for row in self.measured:
            found.setdefault((row.engine, row.precision), []).append(row)
        return found

    def best_of(self, rows: Sequence[Measurement]) -> Measurement | None:
        """The row that a field of the table shows: what is chosen, or the best of the sizes and threads that are asked for."""
        asked = [row for row in rows if self.asked.size in (None, row.input_size) and self.asked.threads in (None, row.threads)]
        if self.chosen_row in asked:
            return self.chosen_row
        fitting = [row for row in asked if row.p50_ms <= self.limit]
        return min(fitting, key=lambda row: (-row.accuracy, row.p50_ms), default=None) or min(asked, key=lambda row: row.p50_ms, default=None)

    @cached_property
    def precisions(self) -> list[str]:
        return in_order({row.precision for row in self.measured}, words.PRECISIONS)

    @cached_property
    def grid(self) -> list[tuple[str, list[list[Way]]]]:
        """The table: engines with, for each precision, all their ways."""
        engines = in_order({row.engine for row in self.measured}, words.ENGINES)
        return [(words.engine(engine), [self.cell(engine, precision) for precision in self.precisions]) for engine in engines]

    def cell(self, engine: str, precision: str) -> list[Way]:
        return [way for way in self.ways if (way.row.engine, way.row.precision) == (engine, precision)]

    @cached_property
    def sizes(self) -> list[int]:
        return sorted({row.input_size for row in self.measured}, reverse=True)

    @cached_property
    def threads(self) -> list[int]:
        return sorted({row.threads for row in self.measured})

    @cached_property
    def chart(self) -> charts.Chart:
        return charts.chart(self.measured, self.front)

    @property
    def mark(self) -> charts.Point:
        """Where the chosen row stands."""
        return next(point for point in self.chart.points if point.row == self.chosen_row)

    @property
    def goal_x(self) -> float:
        return self.chart.axes.x(self.limit)

    @property
    def limit_words(self) -> str:
        return words.limit(self.limit)

    @property
    def feel(self) -> float:
        """Which of `feels` is true of the limit."""
        return next(ends for ends, _words in self.feels if self.limit <= ends)

    @property
    def finding(self) -> str:
        """What the board says."""
        kind = "picked" if self.picked else "fits" if self.fitting else "none"
        return words.sentence(kind, name=self.chosen.name, time=self.chosen.time, right=self.chosen.right, limit=self.limit_words)

    @property
    def said_of_chart(self) -> str:
        """The drawing in a sentence."""
        return _("%(count)d ways to pack the AI by time and accuracy. %(finding)s") % {"count": len(self.measured), "finding": self.finding}

    @property
    def in_use(self) -> str:
        """What answers now, with its time where that was measured here."""
        if not self.model.published:
            return _("Another run answers now. Using one of these puts this run in its place.")
        used = next((way for way in self.ways if way.is_used), None)
        variant = self.model.variant
        name = words.way_name(variant, self.model.input_size) if variant else _("the model as it was trained")
        return _("Now in use: %(name)s, %(time)s") % {"name": name, "time": used.time} if used else _("Now in use: %(name)s") % {"name": name}


def in_order(names: Iterable[str], order: Iterable[str]) -> list[str]:
    """Names as a list says, then those that it does not know."""
    known = list(order)
    return sorted(names, key=lambda name: (known.index(name) if name in known else len(known), name))
