"""Who learns now, who waits, and when each of them is likely to start."""

import heapq
import statistics
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from django.utils import timezone

from webapp.core import broker
from webapp.core.health import Readiness
from webapp.training import turns
from webapp.training.models import Run

USUAL_SECONDS = 60.0  # of a training of which nothing is known, on a server that has seen none
USUAL_OF = 20  # the latest runs that say how long one usually takes
AFTER_EPOCHS = 5.0  # seconds that checking and packing take, after the last epoch
COLUMNS = (
    "id", "project", "number", "name", "preset", "status", "stage", "created", "started", "epoch", "epochs", "eta_seconds", "estimate_seconds",
    "worker", "device", "cancel_requested", "train_images", "project__name",
)


@dataclass(frozen=True)
class Place:
    """Where a waiting run stands: 1 is next. `start` is when it is likely to begin, or None while no worker is there."""

    run: Run
    position: int
    start: datetime | None

    @property
    def seconds(self) -> float | None:
        """How long that is from now."""
        return None if self.start is None else max(0.0, (self.start - timezone.now()).total_seconds())


@dataclass(frozen=True)
class Queue:
    """Runs at work, the line of those that wait, and how many trainings go on at once on all workers that are there."""

    running: list[Run]
    waiting: list[Place]
    at_once: int

    def place_of(self, run: Run) -> Place | None:
        return next((place for place in self.waiting if place.run.id == run.id), None)


def now() -> Queue:
    """The queue as it stands, in four queries at most."""
    runs = Run.everything.all()  # a training that was deleted since was a turn all the same
    rows = list(turns.live(runs).select_related("project").only(*COLUMNS))
    running = sorted((row for row in rows if not row.waits), key=lambda row: (row.started, str(row.id)))
    line, at_once = turns.line(runs, rows), hands()
    starts = expected(running, line, at_once)
    return Queue(running, [Place(run, number, start) for number, (run, start) in enumerate(zip(line, starts, strict=True), 1)], at_once)


def place_of(run: Run) -> Place | None:
    """Where a run stands in line; None when it does not wait."""
    return now().place_of(run) if run.status == Run.QUEUED else None


def hands() -> int:
    """How many trainings go on at once on the workers that are there; asked as /readyz asks, once a second at most and never for long."""
    return presence().now()["workers"]


@cache
def presence() -> Readiness:
    return Readiness({"workers": broker.trainings})


def expected(running: list[Run], line: list[Run], at_once: int) -> list[datetime | None]:
    """When each run of the line is likely to start: whichever hand is free first takes the next one."""
    if not at_once:
        return [None] * len(line)
    usual = usual_seconds([*running, *line])
    free = [remaining(run, usual) for run in running] + [0.0] * (at_once - len(running))
    heapq.heapify(free)
    moment, starts = timezone.now(), []
    for run in line:
        starts.append(moment + timedelta(seconds=free[0]))
        heapq.heapreplace(free, free[0] + (run.estimate_seconds or usual))
    return starts


def remaining(run: Run, usual: float) -> float:
    """Seconds that a run at work will go on."""
    if run.eta_seconds is not None:
        return run.eta_seconds + AFTER_EPOCHS
    gone = (timezone.now() - run.started).total_seconds()
    return max(AFTER_EPOCHS, (run.estimate_seconds or usual) - gone)


def usual_seconds(rows: Iterable[Run]) -> float:
    """How long a training takes here that nobody has estimated: as the latest ones did."""
    if all(row.estimate_seconds for row in rows):
        return USUAL_SECONDS
    latest = Run.objects.filter(status=Run.READY, seconds__gt=0).order_by("-finished").values_list("seconds", flat=True)[:USUAL_OF]
    return statistics.median(list(latest) or [USUAL_SECONDS])
