"""Background work as database rows: the row is the truth, a message is only a hint.

A page commits a row in state `queued`. The dispatcher sends its id; a worker claims it by one conditional UPDATE that raises the fence number.
Every later write says `WHERE fence = mine`, so a worker that was declared dead and wakes up again can change nothing.
Times are compared with the clock of the database, never with the worker's.
"""

import uuid
from datetime import timedelta
from threading import Event, Thread

from django.conf import settings
from django.db import close_old_connections, connection, models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from webapp.core.errors import Cancelled, LeaseLost

MAX_ATTEMPTS = 3
HINT_AGAIN = timedelta(seconds=10)


class Job(models.Model):
    """A piece of background work. Subclasses say what `SUCCESS` is called and which columns an ended row gets (`ENDED`)."""

    QUEUED, RUNNING, DONE, FAILED, CANCELLED = "queued", "running", "done", "failed", "cancelled"
    SUCCESS = DONE
    ENDED: dict = {}
    LIVE = (QUEUED, RUNNING)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    status = models.CharField(max_length=16, default=QUEUED, db_index=True)
    error = models.JSONField(null=True, blank=True)  # {"cause": sentence, "next_step": sentence}
    created = models.DateTimeField(auto_now_add=True)
    started = models.DateTimeField(null=True, blank=True)
    finished = models.DateTimeField(null=True, blank=True)
    worker = models.CharField(max_length=100, blank=True)
    fence = models.PositiveIntegerField(default=0)
    attempts = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    hinted = models.DateTimeField(null=True, blank=True)
    cancel_requested = models.BooleanField(default=False)

    class Meta:
        abstract = True

    @property
    def is_live(self) -> bool:
        return self.status in self.LIVE


def claimable() -> Q:
    """Rows that a worker may take: queued, or running with nobody at work on them any more."""
    return Q(status=Job.QUEUED) | Q(status=Job.RUNNING, lease_until__lt=Now())


def claim(model: type[Job], row_id, worker: str) -> Job | None:
    """Take a row for this worker, or None when somebody else has it, it has ended, or it does not exist."""
    give_up(model, row_id)
    taken = (
        model.objects.filter(claimable(), id=row_id, cancel_requested=False, attempts__lt=MAX_ATTEMPTS)
        .update(
            status=Job.RUNNING,
            worker=worker,
            fence=F("fence") + 1,
            attempts=F("attempts") + 1,
            started=models.functions.Coalesce("started", Now()),
            lease_until=Now() + timedelta(seconds=settings.LEASE_SECONDS),
        )
    )
    return model.objects.get(id=row_id) if taken else None


def give_up(model: type[Job], row_id) -> None:
    """End a claimable row that was asked to stop, or whose workers died too often."""
    rows = model.objects.filter(claimable(), id=row_id)
    rows.filter(cancel_requested=True).update(status=Job.CANCELLED, finished=Now(), **model.ENDED)
    rows.filter(attempts__gte=MAX_ATTEMPTS).update(
        status=Job.FAILED,
        finished=Now(),
        error={
            "cause": str(_("The work stopped %(count)d times without an answer, probably because memory ran out.") % {"count": MAX_ATTEMPTS}),
            "next_step": str(_("Try again with fewer or smaller pictures, or on a bigger machine.")),
        },
        **model.ENDED,
    )


def write(row: Job, **values) -> None:
    """Write columns of a claimed row; raises LeaseLost when it is ours no more. Keeps the object in step."""
    changed = type(row).objects.filter(id=row.id, fence=row.fence, status=Job.RUNNING).update(**values)
    if not changed:
        raise LeaseLost(f"{row._meta.label} {row.id} is no longer ours")
    for name, value in values.items():
        setattr(row, name, value)


def beat(row: Job) -> None:
    """Extend the lease; raises LeaseLost when the row is ours no more and Cancelled when a person asked to stop."""
    write(row, lease_until=Now() + timedelta(seconds=settings.LEASE_SECONDS))
    if type(row).objects.filter(id=row.id, cancel_requested=True).exists():
        raise Cancelled()


def finish(row: Job, status: str | None = None, **values) -> None:
    """End a claimed row (in success when no status is given)."""
    write(row, status=status or row.SUCCESS, finished=Now(), lease_until=None, **(row.ENDED | values))


def fail(row: Job, cause: str, next_step: str) -> None:
    """End a claimed row with a cause and a next step for a person."""
    finish(row, Job.FAILED, error={"cause": str(cause), "next_step": str(next_step)})


def give_back(row: Job) -> None:
    """Return a claimed row to the queue, for another worker to go on with at once."""
    write(row, status=Job.QUEUED, lease_until=None, hinted=None, attempts=F("attempts") - 1)


def request_cancel(row: Job) -> bool:
    """Ask for a row to stop; one that waits is ended at once. False when it had ended already."""
    rows = type(row).objects.filter(id=row.id)
    if rows.filter(status=Job.QUEUED).update(status=Job.CANCELLED, cancel_requested=True, finished=Now(), **row.ENDED):
        return True
    return bool(rows.filter(status=Job.RUNNING).update(cancel_requested=True))


def due(model: type[Job], limit: int = 100) -> list:
    """Ids of rows that need a hint now, oldest first, marked as hinted."""
    waiting = Q(hinted=None) | Q(hinted__lt=Now() - HINT_AGAIN)
    ids = list(model.objects.filter(claimable(), waiting).order_by("created").values_list("id", flat=True)[:limit])
    model.objects.filter(id__in=ids).update(hinted=Now())
    return ids


class Heart:
    """Beats for a claimed row in a thread while a `with` block works. Ask `check()` between steps: it raises LeaseLost or Cancelled."""

    def __init__(self, row: Job, every: float = 1.0):
        self.row, self.every = row, every
        self.trouble: Exception | None = None
        self._ended = Event()
        self._thread = Thread(target=self._beat, name=f"heart-{row.id}", daemon=True)

    def __enter__(self) -> "Heart":
        self._thread.start()
        return self

    def __exit__(self, *_exc) -> None:
        self._ended.set()
        self._thread.join()

    def check(self) -> None:
        if self.trouble:
            raise self.trouble

    def _beat(self) -> None:
        while not self._ended.wait(self.every):
            close_old_connections()
            try:
                beat(type(self.row).objects.get(id=self.row.id, fence=self.row.fence))
            except type(self.row).DoesNotExist:
                self.trouble = LeaseLost(f"{self.row.id} is no longer ours")
            except (LeaseLost, Cancelled) as trouble:
                self.trouble = trouble
            if self.trouble:
                break
        connection.close()
