"""Background work as database rows: the row is the truth, a message is only a hint.

A page commits a row in state `queued`. The dispatcher sends its id; a worker claims it by one conditional UPDATE that raises the fence number.
Every later write says `WHERE fence = mine`, so a worker that was declared dead and wakes up again can change nothing.
Times are compared with the clock of the database, never with the worker's.
"""

import logging
import time
import uuid
from collections.abc import Callable
from datetime import timedelta
from threading import Event, Thread
from typing import TypeVar

from django.apps import apps
from django.conf import settings
from django.db import DatabaseError, InterfaceError, OperationalError, close_old_connections, connection, models
from django.db.models import F, Q
from django.db.models.functions import Coalesce, Now
from django.utils import timezone
from django.utils.translation import gettext as _

from webapp.core.errors import Cancelled, LeaseLost, ShuttingDown

MAX_ATTEMPTS = 3
HINT_AGAIN = timedelta(seconds=2)
OUTAGE, LONGEST_REST = timedelta(days=1), timedelta(minutes=10)  # how long work waits for a database or a store that is away; between two looks
PATIENCE = 120.0  # seconds that a worker goes on trying when the database does not answer

log = logging.getLogger(__name__)
shutting_down = Event()  # set when this process was told to end; `Heart.check` tells the work in hand
soon_gone = Event()  # set when this machine is about to be taken away: nothing more is begun, and a training saves after the epoch that it is in
Result = TypeVar("Result")


class Job(models.Model):
    """A piece of background work.

    Subclasses say which task does it (`TASK`) on which queue (`QUEUE`), what success is called (`SUCCESS`) and which columns an ended row gets (`ENDED`).
    """

    QUEUED, RUNNING, DONE, FAILED, CANCELLED = "queued", "running", "done", "failed", "cancelled"
    SUCCESS = DONE
    ENDED: dict = {}
    LIVE = (QUEUED, RUNNING)
    TASK = ""
    QUEUE = "io"

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

    @classmethod
    def share_of(cls, row_id) -> str:
        """Which share of a worker's hands a row is worked on with; those of one task have one, unless some of them are much longer than others."""
        return cls.TASK

    @classmethod
    def in_turn(cls, hinted) -> list:
        """Ids of rows that a worker tries to claim when it hears a hint, in this order: the row that is named, unless a kind has an order of its own."""
        return [hinted]


def kinds() -> list[type[Job]]:
    """Every model of background work that a task is named for."""
    return [model for model in apps.get_models() if issubclass(model, Job) and model.TASK]


def claimable() -> Q:
    """Rows that a worker may take: queued, or running with nobody at work on them any more."""
    return Q(status=Job.QUEUED) | Q(status=Job.RUNNING, lease_until__lt=Now())


def rests() -> Q:
    """Rows that were put back a moment ago and that nobody takes before their rest is over, whichever hint comes."""
    return Q(status=Job.QUEUED, hinted__gt=Now())


def lease_end() -> models.Expression:
    """When a lease that is taken or extended now runs out."""
    return Now() + timedelta(seconds=settings.LEASE_SECONDS)


def claim(model: type[Job], row_id, worker: str) -> Job | None:
    """Take a row for this worker, or None when somebody else has it, it has ended, or it does not exist."""
    give_up(model, row_id)
    rows = model.objects.filter(claimable(), id=row_id, cancel_requested=False, attempts__lt=MAX_ATTEMPTS)
    taken = rows.exclude(rests()).update(
        status=Job.RUNNING,
        worker=worker,
        fence=F("fence") + 1,
        attempts=F("attempts") + 1,
        started=Coalesce("started", Now()),
        lease_until=lease_end(),
    )
    # With the name: between the two statements the row may have been taken over by somebody else.
    return model.objects.filter(id=row_id, worker=worker, status=Job.RUNNING).first() if taken else None


def claim_in_turn(model: type[Job], hinted, worker: str, has_room: Callable[[object], bool] = lambda row_id: True) -> Job | None:
    """Take the row whose turn it is, or None. Hints come in any order: all that one says is "look", so the rows decide who is next.

    has_room: whether this worker can do the row of an id now; one that it cannot do waits in line as before, and is no attempt.
    """
    claims = (claim(model, row_id, worker) for row_id in model.in_turn(hinted) if has_room(row_id))
    return next((row for row in claims if row), None)


def give_up(model: type[Job], row_id) -> None:
    """End a claimable row that was asked to stop, or whose workers died too often."""
    rows = model.objects.filter(claimable(), id=row_id)
    rows.filter(cancel_requested=True).update(status=Job.CANCELLED, finished=Now(), lease_until=None, **model.ENDED)
    rows.filter(attempts__gte=MAX_ATTEMPTS).update(status=Job.FAILED, finished=Now(), lease_until=None, error=died_too_often(), **model.ENDED)


def died_too_often() -> dict:
    """The error of a row whose work was lost again and again."""
    return {
        "cause": _("The work stopped %(count)d times without an answer, probably because memory ran out.") % {"count": MAX_ATTEMPTS},
        "next_step": _("Try again with fewer or smaller pictures, or on a bigger machine."),
    }


def held(row: Job) -> models.QuerySet:
    """The row in the database, if it is still ours."""
    return type(row).objects.filter(id=row.id, fence=row.fence, status=Job.RUNNING)


def write(row: Job, **values) -> None:
    """Write columns of a claimed row; raises LeaseLost when it is ours no more. Keeps the object in step (not for expressions)."""
    if not change(row, held(row), values):
        raise LeaseLost(f"{row._meta.label} {row.id} is no longer ours")


def change(row: Job, rows: models.QuerySet, values: dict) -> bool:
    """Update the row where it is among these rows, and the object with it."""
    changed = patiently(lambda: rows.update(**values))
    for name, value in values.items() if changed else ():
        if not hasattr(value, "resolve_expression"):
            setattr(row, name, value)
    return bool(changed)


def beat(row: Job) -> None:
    """Extend the lease; raises LeaseLost when the row is ours no more and Cancelled when a person asked to stop."""
    if not held(row).update(lease_until=lease_end()):
        raise LeaseLost(f"{row._meta.label} {row.id} is no longer ours")
    if type(row).objects.filter(id=row.id, cancel_requested=True).exists():
        raise Cancelled()


def finish(row: Job, status: str | None = None, **values) -> None:
    """End a claimed row, in success when no status is given; raises LeaseLost, and Cancelled instead of a success that a person has just stopped."""
    ended = {"status": status or row.SUCCESS, "finished": Now(), "lease_until": None} | row.ENDED | values
    if status is None and change(row, held(row).filter(cancel_requested=False), ended):
        return
    if status is None and held(row).exists():
        raise Cancelled()
    write(row, **ended)


def fail(row: Job, cause: str, next_step: str) -> None:
    """End a claimed row with a cause and a next step for a person."""
    finish(row, Job.FAILED, error={"cause": str(cause), "next_step": str(next_step)})


def give_back(row: Job) -> None:
    """Return a claimed row to the queue, for another worker to go on with at once; it does not count as an attempt."""
    write(row, status=Job.QUEUED, lease_until=None, hinted=None, attempts=F("attempts") - 1)


def put_back(row: Job, rest: timedelta) -> None:
    """The same after a rest, where the work met a database or a store that was away.

    That is nobody's attempt for a day, and the rests grow with the time since the work began; after that it counts as one.
    """
    rest = max(rest, min(age(row) / 10, LONGEST_REST))
    write(row, status=Job.QUEUED, lease_until=None, attempts=row.attempts - (age(row) < OUTAGE), hinted=Now() + (rest - HINT_AGAIN))


def may_wait(row: Job) -> bool:
    """Whether work that met a database or a store that was away is put back, or has tried for long enough."""
    return age(row) < OUTAGE or row.attempts < MAX_ATTEMPTS


def age(row: Job) -> timedelta:
    """The time since the work began."""
    return max(timezone.now() - row.started, timedelta(0)) if row.started else timedelta(0)


def request_cancel(row: Job) -> bool:
    """Ask for a row to stop; one that waits is ended at once. False when it had ended already."""
    rows = type(row).objects.filter(id=row.id)
    if rows.filter(status=Job.QUEUED).update(status=Job.CANCELLED, cancel_requested=True, finished=Now(), **row.ENDED):
        return True
    return bool(rows.filter(status=Job.RUNNING).update(cancel_requested=True))


def due(model: type[Job], limit: int = 50) -> list:
    """Ids of rows that need a hint now, oldest first."""
    waiting = Q(hinted=None) | Q(hinted__lt=Now() - HINT_AGAIN)
    return list(model.objects.filter(claimable(), waiting).order_by("created").values_list("id", flat=True)[:limit])


def mark_hinted(model: type[Job], ids: list) -> None:
    """Note that hints for these rows are on their way; they are due again two seconds later."""
    if ids:
        model.objects.filter(id__in=ids).update(hinted=Now())


def wake(model: type[Job]) -> None:
    """Make the waiting rows of a kind due at once, but for those that rest: a worker has a hand free."""
    model.objects.filter(status=Job.QUEUED, hinted__lte=Now()).update(hinted=None)


def patiently(action: Callable[[], Result]) -> Result:
    """What the action on the database gives; while the database does not answer it is tried again, for two minutes at most.

    Not inside a transaction: that is lost with its connection, and whoever opened it must do all of it again.
    """
    deadline = time.monotonic() + PATIENCE
    if not connection.in_atomic_block:
        close_old_connections()  # a server hangs up on a line that was idle for long: it is looked at first
    while True:
        try:
            return action()
        except (OperationalError, InterfaceError) as error:
            if connection.in_atomic_block or time.monotonic() > deadline or shutting_down.is_set():
                raise
            log.warning("the database does not answer, trying again: %s", error)
            connection.close()
            time.sleep(0.5)


class Heart:
    """Beats for a claimed row in a thread while a `with` block works. Ask `check()` between steps: it raises LeaseLost, Cancelled or ShuttingDown."""

    def __init__(self, row: Job, every: float | None = None):
        self.row, self.every = row, every or min(1.0, settings.LEASE_SECONDS / 4)
        self.trouble: Exception | None = None
        self._ended = Event()
        self._thread = Thread(target=self._run, name=f"heart-{row.id}", daemon=True)

    def __enter__(self) -> "Heart":
        self._thread.start()
        return self

    def __exit__(self, *_exc) -> None:
        self._ended.set()
        self._thread.join()

    def check(self) -> None:
        if self.trouble:
            raise self.trouble
        if shutting_down.is_set():
            raise ShuttingDown()

    def _run(self) -> None:
        # After a cancel it goes on: whoever stops the work still holds the row.
        while not isinstance(self.trouble, LeaseLost) and not self._ended.wait(self.every):
            self._beat()
        connection.close()

    def _beat(self) -> None:
        close_old_connections()
        try:
            beat(self.row)
        except (LeaseLost, Cancelled) as trouble:
            self.trouble = trouble
        except (DatabaseError, InterfaceError) as error:
            # Nobody else can take the row while the database is away; the fence decides when it is back.
            log.warning("no heartbeat for %s: %s", self.row.id, error)
