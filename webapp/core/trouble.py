"""Errors that are the machine's and not the program's: no room on the disk, no database, no store. They are told with what to do, and never as "something broke"."""

import errno
import logging

from django.db import InterfaceError, OperationalError
from django.utils.translation import gettext as _

from webapp.core.errors import StoreAway, UserError

FULL = (errno.ENOSPC, errno.EDQUOT)
AWAY = (errno.ESTALE,)  # what a folder of another machine says that was taken away under us
# What databases say of their connection, their locks and their disk. Both drivers give the same classes to mistakes of ours, such as a column that is not there.
SQLITE = ("locked", "unable to open", "disk", "readonly database")
MYSQL = frozenset(
    # no room; too many connections, shutting down, blocked; locks; read-only
    {1021, 1114, 1040, 1053, 1129, 1130, 1203, 1205, 1213, 1290, 1836}
    # of the client: no connection, or one that was lost; 0 is one that was closed
    | {0, 2001, 2002, 2003, 2005, 2006, 2012, 2013, 2055}
)
AGAIN_SECONDS = 5

log = logging.getLogger(__name__)


def trouble(error: BaseException | None) -> UserError | None:
    """What a person is told of an error of the machine, which is logged in one line; None for any other error."""
    told = disk_full() if is_full(error) else database_away() if is_database(error) else store_away() if is_store(error) else None
    if told:
        log.error("%s: %s", type(error).__name__, error)
    return told


def is_full(error: BaseException | None) -> bool:
    return isinstance(error, OSError) and error.errno in FULL


def is_database(error: BaseException | None) -> bool:
    if not isinstance(error, OperationalError | InterfaceError):
        return False
    said = error.args[0] if error.args else ""
    return said in MYSQL if isinstance(said, int) else any(words in str(said) for words in SQLITE)


def is_store(error: BaseException | None) -> bool:
    return isinstance(error, StoreAway) or isinstance(error, OSError) and error.errno in AWAY


def disk_full() -> UserError:
    message = _("The disk of this server is full. Nothing that was stored is lost; ask whoever runs it for more room, then try again.")
    return UserError(message, code="disk_full", status=507)


def database_away() -> UserError:
    message = _("The database of this server does not answer. Nothing that was stored is lost; try again in a moment.")
    return UserError(message, code="unavailable", status=503, details={"retry_after": AGAIN_SECONDS})


def store_away() -> UserError:
    message = _("The place where this server keeps its files does not answer. Nothing that was stored is lost; try again in a moment.")
    return UserError(message, code="unavailable", status=503, details={"retry_after": AGAIN_SECONDS})
