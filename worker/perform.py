"""What every task does: id -> claim -> verb -> record."""

import errno
import logging
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

from django.db import InterfaceError, OperationalError, close_old_connections, connection
from django.utils import translation
from django.utils.translation import gettext as _

from trainer.memory import give_back_soon
from webapp.core import jobs
from webapp.core.errors import Cancelled, LeaseLost, ShuttingDown, UserError
from webapp.core.jobs import Job
from webapp.core.trouble import database_away, is_database, is_store, store_away
from webapp.fleet.leaving import is_leaving
from webapp.watch.trails import followed
from worker.life import NAME
from worker.slots import slot

STORE_REST = timedelta(seconds=20)  # a row that the database gave back shows that it is there again; of the store nobody knows

log = logging.getLogger(__name__)


def perform(model: type[Job], row_id: str, verb: Callable[[Job], None], has_room: Callable[[object], bool] = lambda row_id: True) -> bool:
    """Claim the row whose turn it is and do its work; false when there was none for us.

    Where this worker's hands are full, or it has no room for the row, or the database does not answer, that just waits: the dispatcher hints again.
    """
    try:
        return _perform(model, row_id, verb, has_room)
    except (OperationalError, InterfaceError) as error:
        if connection.in_atomic_block or not is_database(error):
            raise
        log.warning("%s %s waits, the database does not answer: %s", model._meta.label, row_id, error)
        return False


def _perform(model: type[Job], row_id: str, verb: Callable[[Job], None], has_room: Callable[[object], bool]) -> bool:
    drop_broken_connection()
    hand = slot(model.share_of(row_id))
    if jobs.shutting_down.is_set() or jobs.soon_gone.is_set() or is_leaving() or not hand.acquire(blocking=False):
        drop_broken_connection()
        return False
    try:
        row = jobs.claim_in_turn(model, UUID(row_id), NAME, has_room)
        if row and is_leaving():  # asked again: whoever stops this machine says so first, and looks at the rows after that
            jobs.give_back(row)
        elif row:
            record(row, verb)
            jobs.patiently(lambda: jobs.wake(model))
        return row is not None
    finally:
        hand.release()
        drop_broken_connection()
        give_back_soon()


def drop_broken_connection() -> None:
    """Begin and end with a connection that works; one that is inside a transaction belongs to whoever called us."""
    if not connection.in_atomic_block:
        close_old_connections()


def record(row: Job, verb: Callable[[Job], None]) -> None:
    """Do the work of a claimed row and write down how it ended, unless the row is somebody else's by now."""
    try:
        with translation.override(getattr(row, "language", None) or None), followed(row):
            _end(row, verb)
    except LeaseLost as lost:
        log.warning("stopped: %s", lost)


def _end(row: Job, verb: Callable[[Job], None]) -> None:
    try:
        verb(row)
    except Cancelled:
        jobs.finish(row, Job.CANCELLED)
    except ShuttingDown:
        jobs.give_back(row)
    except LeaseLost:
        raise
    except UserError as error:
        jobs.fail(row, error, "")
    except Exception as error:
        if (is_database(error) or is_store(error)) and jobs.may_wait(row):
            log.warning("%s %s is done again, the database or the store did not answer: %s", row._meta.label, row.id, error)
            return jobs.put_back(row, STORE_REST if is_store(error) else timedelta(0))
        log.exception("%s %s broke", row._meta.label, row.id)
        jobs.fail(row, *explained(error))


def explained(error: Exception) -> tuple[str, str]:
    """Cause and next step of an error that nobody foresaw."""
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        return _("The disk of this server is full."), _("Ask whoever runs it to make room, then try again.")
    if is_database(error):
        return str(database_away()), _("Try again in some minutes.")
    if is_store(error):
        return str(store_away()), _("Try again in some minutes.")
    return _("Something broke on our side, and it is written down."), _("Try again; if it happens again, tell whoever runs this server.")
