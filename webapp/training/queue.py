"""Who learns now, who waits, and when each of them is likely to start."""

import heapq
import math
import statistics
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from uuid import UUID

from django.utils import timezone

from webapp.training import turns
from webapp.training.models import Run
from webapp.training.workers import hands

USUAL_SECONDS = 60.0  # of a training of which nothing is known, on a server that has seen none
USUAL_OF = 20  # the latest runs that say how long one usually takes
FRESH_SECONDS = 1.0  # as old may be what a waiting run is told of its place
STEP_SECONDS = 5  # of starts: what changed with each look would be news to every poll
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

def now() -> Queue:
    """The queue as it stands, in four queries at most."""
    runs = Run.everything.all()  # a training that was deleted since was a turn all the same
    rows = list(turns.live(runs).select_related("project").only(*COLUMNS))
    running = sorted((row for row in rows if not row.waits), key=lambda row: (row.started, str(row.id)))
    line, at_once = turns.line(runs, rows), hands()
    starts = expected(running, line, at_once)
    return Queue(running, [Place(run, number, start) for number, (run, start) in enumerate(zip(line, starts, strict=True), 1)], at_once)


def place_of(run: Run) -> Place | None:
    """Where a run stands in line, as it was a second ago at most; None when it does not wait."""
    return latest().place_of(run) if run.status == Run.QUEUED else None


class Latest:
    """The line as it was found last, for all who wait and ask: it is read by one thread at a time, and the others get what that one finds."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._found_at = -math.inf
        self._places: dict[UUID, Place] = {}

    def place_of(self, run: Run) -> Place | None:
        """Where a run stands; read anew for one that was not in line yet, or by now is no more."""
        with self._lock:
            if run.id not in self._places or time.monotonic() - self._found_at > FRESH_SECONDS:
                self._places = {place.run.id: place for place in now().waiting}
                self._found_at = time.monotonic()
            return self._places.get(run.id)


@cache
def latest() -> Latest:
    return Latest()


def expected(running: list[Run], line: list[Run], at_once: int) -> list[datetime | None]:
    """When each run of the line is likely to start: whichever hand is free first takes the next one."""
    if not at_once:
        return [None] * len(line)
    usual = usual_seconds([*running, *line])
    free = [remaining(run, usual) for run in running] + [0.0] * (at_once - len(running))
    heapq.heapify(free)
    moment, starts = timezone.now(), []
    for run in line:
        starts.append(stepped(moment + timedelta(seconds=free[0])))
        heapq.heapreplace(free, free[0] + (run.estimate_seconds or usual))
    return starts


def stepped(moment: datetime) -> datetime:
    """The next of the moments that starts are told by."""
    return datetime.fromtimestamp(math.ceil(moment.timestamp() / STEP_SECONDS) * STEP_SECONDS, UTC)


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
