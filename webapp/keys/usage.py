"""How much keys are used: counted in the memory of each process and written down together every few seconds, because a row for each call would cost more than the call."""

import atexit
import logging
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from threading import Lock, Timer
from typing import NamedTuple
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError, IntegrityError, connections, transaction
from django.db.models import F, Sum
from django.utils import timezone

from webapp.keys.models import Key, Usage
from webapp.projects.models import Project

DAYS = 30  # that are shown

log = logging.getLogger(__name__)


class Spent(NamedTuple):
    """What one key was used for on one day, in one process, since it was last written down."""

    calls: int
    errors: int
    ms: float
    last: datetime


class Counter:
    """Counts calls; safe between threads. A process that is killed takes the counts of its last seconds with it."""

    def __init__(self) -> None:
        self._lock, self._counts, self._timer, self._is_known = Lock(), {}, None, False

    def count(self, key_id: UUID, *, ms: float, errors: int = 0) -> None:
        """Note one call that took so many milliseconds; `errors` is 1 when it was refused or failed."""
        now = timezone.now()
        with self._lock:
            before = self._counts.get((key_id, now.date()))
            self._counts[key_id, now.date()] = Spent(before.calls + 1, before.errors + errors, before.ms + ms, now) if before else Spent(1, errors, ms, now)
            if self._timer is None and settings.USAGE_SECONDS:
                self._start()

    def _start(self) -> None:
        if not self._is_known:
            atexit.register(self.flush)
            self._is_known = True
        self._timer = Timer(settings.USAGE_SECONDS, self._write_down)
        self._timer.daemon = True
        self._timer.start()

    def _write_down(self) -> None:
        """What the timer's thread does; it has a connection of its own."""
        with self._lock:
            self._timer = None
        try:
            self.flush()
        finally:
            connections.close_all()

    def flush(self) -> None:
        """Write down what has been counted; what cannot be written now is kept for the next time."""
        with self._lock:
            batch, self._counts = self._counts, {}
        if not batch:
            return
        try:
            write(batch)
        except DatabaseError:
            log.warning("the use of %d keys could not be written down; it is kept for the next time", len(batch), exc_info=True)
            self._take_back(batch)

    def _take_back(self, batch: dict[tuple[UUID, date], Spent]) -> None:
        with self._lock:
            for place, spent in batch.items():
                now = self._counts.get(place, Spent(0, 0, 0.0, spent.last))
                self._counts[place] = Spent(now.calls + spent.calls, now.errors + spent.errors, now.ms + spent.ms, max(now.last, spent.last))


@transaction.atomic
def write(batch: dict[tuple[UUID, date], Spent]) -> None:
    """Add what was counted to the rows of its keys and days; keys that are gone are left out."""
    there = set(Key.objects.filter(id__in={key_id for key_id, _day in batch}).values_list("id", flat=True))
    for (key_id, day), spent in sorted(batch.items(), key=lambda item: str(item[0])):  # in one order, so that two processes do not wait for each other
        if key_id in there:
            add(key_id, day, spent)
            Key.objects.filter(id=key_id).update(last_used=spent.last)


def add(key_id: UUID, day: date, spent: Spent) -> None:
    row = Usage.objects.filter(key_id=key_id, day=day)
    more = {"calls": F("calls") + spent.calls, "errors": F("errors") + spent.errors, "ms": F("ms") + spent.ms}
    if row.update(**more):
        return
    try:
        with transaction.atomic():
            Usage.objects.create(key_id=key_id, day=day, calls=spent.calls, errors=spent.errors, ms=spent.ms)
    except IntegrityError:  # another process made the row in this very moment
        row.update(**more)


class Day(NamedTuple):
    day: date
    calls: int
    errors: int
    ms: float | None  # the mean of a call; None without calls


def by_day(keys: Iterable[Key]) -> list[Day]:
    """The use of some keys together on each of the last 30 days, newest first; days without calls are there too."""
    rows = Usage.objects.filter(key__in=keys, day__gt=first_day()).values("day").annotate(all_calls=Sum("calls"), all_errors=Sum("errors"), all_ms=Sum("ms"))
    known = {row["day"]: row for row in rows}
    today = timezone.now().date()
    return [summed(day, known.get(day)) for day in (today - timedelta(days=back) for back in range(DAYS))]


def by_key(project: Project) -> dict[UUID, Day]:
    """The use of each key of a project over the last 30 days together."""
    rows = Usage.objects.filter(key__project=project, day__gt=first_day()).values("key_id").annotate(all_calls=Sum("calls"), all_errors=Sum("errors"), all_ms=Sum("ms"))
    return {row["key_id"]: summed(timezone.now().date(), row) for row in rows}


def first_day() -> date:
    """The day before the first that is shown."""
    return timezone.now().date() - timedelta(days=DAYS)


def summed(day: date, row: dict | None) -> Day:
    return Day(day, row["all_calls"], row["all_errors"], row["all_ms"] / row["all_calls"] if row["all_calls"] else None) if row else Day(day, 0, 0, None)


counts = Counter()
