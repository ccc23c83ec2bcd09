"""A database server ends one of two transactions that wait for each other, or that wait too long, and expects it to be done again.

A statement that stands alone is done again by itself, whoever sends it. A transaction of several is done again by its verb: `@again` says that all of
the function may be repeated, because what it did before it was ended is undone with its transaction.
"""

import logging
import random
import time
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from django.db import OperationalError, connection
from django.db.backends.base.base import BaseDatabaseWrapper

DEADLOCK, WAITED = 1213, 1205
TIMES = 4  # in all
PAUSE_SECONDS = 0.02

log = logging.getLogger(__name__)
Given = ParamSpec("Given")
Result = TypeVar("Result")


def again(verb: Callable[Given, Result]) -> Callable[Given, Result]:
    """The verb, which is done again, three times at most, when the database ended its transaction in favour of another one.

    Inside the transaction of somebody else it is left to them: all of that was undone.
    """

    @wraps(verb)
    def repeated(*args: Given.args, **kwargs: Given.kwargs) -> Result:
        return verb(*args, **kwargs) if connection.in_atomic_block else repeat(lambda: verb(*args, **kwargs))

    return repeated


def watch(sender, connection: BaseDatabaseWrapper, **_more) -> None:
    """Let a new line to a database server send its single statements again."""
    if connection.vendor == "mysql" and alone not in connection.execute_wrappers:
        connection.execute_wrappers.append(alone)


def alone(execute: Callable, sql: str, params, many: bool, context: dict):
    """Send a statement; again where it is a transaction by itself."""
    if context["connection"].in_atomic_block:
        return execute(sql, params, many, context)
    return repeat(lambda: execute(sql, params, many, context))


def repeat(action: Callable[[], Result]) -> Result:
    """What the action gives, in the end."""
    for pause in (*(PAUSE_SECONDS * 4**number for number in range(TIMES - 1)), None):
        try:
            return action()
        except OperationalError as error:
            if pause is None or not was_ended(error):
                raise
            log.info("done again: %s", error.args[-1])
            time.sleep(pause * random.uniform(0.5, 1.5))  # two that met once should not meet again


def was_ended(error: OperationalError) -> bool:
    return bool(error.args) and error.args[0] in (DEADLOCK, WAITED)
