"""When the instant model learns again: after 20 new pictures or 10 seconds, whichever is first, and only when something changed.

The row is told in the transaction that changes the pictures, so that no change is lost; the dispatcher looks which rows are due.
At rest there is nothing to look at but one index without entries.
"""

from collections.abc import Mapping
from datetime import timedelta

from django.db.models import F, Q
from django.db.models.functions import Coalesce, Now

from webapp.core.jobs import Job
from webapp.instant.models import Instant
from webapp.projects.models import Label, Project

ENOUGH = 20  # new pictures
LATEST = timedelta(seconds=10)
SETTLED = timedelta(seconds=1)  # after the last change, when no more pictures are coming: then nobody needs to wait


def pictures_changed(*, projects: Mapping, **_sent) -> None:
    """Note that pictures changed: {project id: how many are new}."""
    for project_id, count in projects.items():
        values = {"changed": Coalesce("changed", Now()), "new_images": F("new_images") + count}
        row = Instant.objects.filter(project=project_id)
        if not row.update(**values):
            # The first pictures of a project; whoever brings some at the same moment makes the same row.
            Instant.objects.bulk_create([Instant(project_id=project_id, status=Job.DONE)], ignore_conflicts=True)
            row.update(**values)


def label_went(*, instance: Label, **_sent) -> None:
    """Note that a label is there no more. Where its project goes with it, there is no row to be told."""
    Instant.objects.filter(project=instance.project_id).update(changed=Coalesce("changed", Now()))


def order() -> int:
    """Have those learn again that are due; gives how many."""
    waiting = Instant.objects.filter(changed__isnull=False).exclude(status__in=Job.LIVE)
    if not waiting.exists():  # several times a second: the question below takes five times as long to put together
        return 0
    busy = Project.objects.filter(Q(uploads__status__in=Job.LIVE) | Q(collections__status__in=Job.LIVE)).values("id")
    due = Q(new_images__gte=ENOUGH) | Q(changed__lt=Now() - LATEST) | (Q(changed__lt=Now() - SETTLED) & ~Q(project__in=busy))
    rested = Q(rests_until__isnull=True) | Q(rests_until__lt=Now())
    # A read first: an update that finds nothing would still take the turn of those who write.
    ids = list(waiting.filter(due, rested).values_list("id", flat=True))
    rows = Instant.objects.filter(id__in=ids).exclude(status__in=Job.LIVE)
    return rows.update(status=Job.QUEUED, hinted=None, attempts=0, error=None, cancel_requested=False, finished=None, created=Now()) if ids else 0
