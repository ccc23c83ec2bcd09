"""Which request a piece of background work came of, so that a worker's lines of the log carry its number from the browser on.

It is noted when the row is made and forgotten when the work is over: a row that is used again comes of another request by then.
"""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.db import DatabaseError, InterfaceError
from django.utils import timezone

from webapp.core import logs, tracing
from webapp.core.jobs import Job
from webapp.watch.models import Trail

KEPT = timedelta(days=30)  # of work that never began

log = logging.getLogger(__name__)
work = logging.getLogger(logs.WORK)


def note(sender: type, instance: object, created: bool, **_sent) -> None:
    """What `post_save` calls: remember the request that made a row, in the same transaction."""
    if created and isinstance(instance, Job) and (number := tracing.current()):
        Trail.objects.bulk_create([Trail(row=instance.id, request=number)], ignore_conflicts=True)


@contextmanager
def followed(row: Job) -> Iterator[None]:
    """While the block works on a claimed row, each line of this thread says which row and request that is."""
    began = time.monotonic()
    with logs.carrying(request=request_of(row), work=row.TASK, row=str(row.id)):
        yield
        work.info("%s after %.1f s", row.status, time.monotonic() - began)
        if not row.is_live:  # else somebody goes on with it
            forget(row)


def request_of(row: Job) -> str:
    """The request that a row came of; nothing where none is known."""
    try:
        return Trail.objects.filter(row=row.id).values_list("request", flat=True).first() or ""
    except (DatabaseError, InterfaceError) as error:  # the work is worth more than what its lines say
        log.warning("not known which request %s came of: %s", row.id, error)
        return ""


def forget(row: Job) -> None:
    try:
        Trail.objects.filter(row=row.id).delete()
    except (DatabaseError, InterfaceError) as error:
        log.info("the sweep forgets the request of %s: %s", row.id, error)


def forget_old(sender: object, **_sent) -> int:
    """What the daily sweep calls; gives how many files that were: none."""
    Trail.objects.filter(created__lt=timezone.now() - KEPT).delete()
    return 0
