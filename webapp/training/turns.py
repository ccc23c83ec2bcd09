"""Whose training is next: people take turns, and nobody waits behind all runs of somebody else.

The order is that of round robin over people: everybody's first run, then everybody's second. A run that is at work counts as one that its person has had
already, and whoever has just had one joins the end of the line. So each person gets a turn before anybody's third, and nobody can be kept waiting for ever.
"""

from collections import Counter
from datetime import datetime
from uuid import UUID

from django.db.models import BooleanField, Case, F, Max, QuerySet, Value, When
from django.db.models.functions import Coalesce

from webapp.core.jobs import Job, claimable, rests

PERSON = Coalesce("started_by_id", "project__owner_id")


def live(runs: QuerySet) -> QuerySet:
    """Runs that wait or are at work, with `person` (whose turn they use) and `waits`: whether a worker may take them."""
    waits = Case(When(claimable(), then=Value(True)), default=Value(False), output_field=BooleanField())
    return runs.filter(status__in=Job.LIVE).annotate(person=PERSON, waits=waits)


def line(runs: QuerySet, rows: list) -> list:
    """Of these live rows those that wait, in the order in which workers take them. `runs`: where to look for what these people had lately."""
    waiting = [row for row in rows if row.waits]
    busy = Counter(row.person for row in rows if not row.waits)
    return in_turn(waiting, busy, latest_ends(runs, waiting))


def next_ids(runs: QuerySet) -> list[UUID]:
    """Ids of all runs that wait and do not rest, in the order in which workers take them."""
    rows = list(live(runs).exclude(rests()).only("id", "created", "started"))
    return [row.id for row in line(runs, rows)]


def latest_ends(runs: QuerySet, waiting: list) -> dict[object, datetime]:
    """When the latest training of each person ended; those that ended before all of these rows were made change no order and are left out."""
    people = {row.person for row in waiting}
    if len(people) < 2:
        return {}
    since = min(row.created for row in waiting)
    ended = runs.exclude(started=None).filter(finished__gte=since).annotate(person=PERSON).filter(person__in=people)
    return dict(ended.order_by().values_list("person").annotate(latest=Max(F("finished"))))


def in_turn(waiting: list, busy: Counter, ended: dict[object, datetime]) -> list:
    """Waiting rows in the order of turns.

    What was begun before goes on first: its worker died, or was told to end. Then by turn; in the same turn whoever has waited longest, since the end of the
    latest training or since pressing Train, goes first.
    """
    had, since, keys = Counter(busy), {}, {}
    for row in sorted(waiting, key=lambda row: (row.started is None, row.created, str(row.id))):
        had[row.person] += 1
        since.setdefault(row.person, max(row.created, ended.get(row.person, row.created)))
        keys[row.id] = (row.started is None, had[row.person], since[row.person], row.created, str(row.id))
    return sorted(waiting, key=lambda row: keys[row.id])
