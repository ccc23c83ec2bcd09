"""How the work stands: what waits, what is being done, and for how long the first in line has waited; of all kinds together, from the rows."""

from collections import defaultdict
from dataclasses import dataclass, field

from django.db.models import Case, Count, F, Min, QuerySet, Value, When
from django.db.models.functions import Now

from webapp.core import jobs
from webapp.core.jobs import Job


@dataclass
class Kind:
    """How the rows of one kind of work (its task) stand."""

    rows: dict[str, int] = field(default_factory=lambda: dict.fromkeys(Job.LIVE, 0))  # by status
    waits_seconds: float = 0.0  # of the first in line
    left_alone: int = 0  # rows whose worker has given no sign of life for longer than a lease


def now() -> dict[str, Kind]:
    """Every kind of work by its task, in two queries, timed by the clock of the database."""
    kinds = defaultdict(Kind, {model.TASK: Kind() for model in jobs.kinds()})
    for task, status, count in united(counted):
        kinds[task].rows[status] = count
    for task, first, left_alone, moment in united(live):
        kinds[task].left_alone = left_alone
        kinds[task].waits_seconds = max(0.0, (moment - first).total_seconds()) if first else 0.0
    return dict(kinds)


def united(rows_of) -> QuerySet:
    """The rows that a function gives for each kind, in one query."""
    first, *others = [rows_of(model._base_manager.order_by().annotate(task=Value(model.TASK))) for model in jobs.kinds()]
    return first.union(*others, all=True)


def counted(rows: QuerySet) -> QuerySet:
    """(task, status, how many)."""
    return rows.values("task", "status").annotate(count=Count("id")).values_list("task", "status", "count")


def live(rows: QuerySet) -> QuerySet:
    """(task, when the first in line came, how many were left alone, the time there); no row where nothing is live."""
    waiting = Case(When(status=Job.QUEUED, then=F("created")))
    alone = Case(When(status=Job.RUNNING, lease_until__lt=Now(), then=Value(1)))
    told = rows.filter(status__in=Job.LIVE).values("task").annotate(first=Min(waiting), alone=Count(alone), moment=Now())
    return told.values_list("task", "first", "alone", "moment")
