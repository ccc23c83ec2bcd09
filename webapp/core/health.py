"""Whether the parts that work needs are there: database, broker, store, workers. Quick, whatever hangs, and asked at most once a second."""

import errno
import logging
import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from functools import cache

import redis
from django.conf import settings
from django.core.files.storage import default_storage
from django.db import connection

from webapp.core import broker, store

OK = "ok"
DEADLINE_SECONDS, FRESH_SECONDS = 0.8, 1.0
FULL_BYTES = 50_000_000  # less than this left on the disk counts as full

Answer = str | int | tuple[int, ...]

log = logging.getLogger(__name__)


class Readiness:
    """The latest answer and when it was found; one check at a time, the others get the latest.

    A question that hangs, as one about a folder of another machine may do for ever, holds one thread: while it does it is not asked again.
    """

    def __init__(self, questions: dict[str, Callable[[], Answer]], **late: Answer):
        self._questions, self._late = questions, late
        self._asked: dict[str, Future] = {}
        self._lock = threading.Lock()
        self._found_at = float("-inf")
        self._latest: dict[str, Answer] = {}

    def now(self) -> dict[str, Answer]:
        """What each question was answered, a second ago at most."""
        with self._lock:
            if time.monotonic() - self._found_at > FRESH_SECONDS:
                self._latest = self._check()
                self._found_at = time.monotonic()
            return self._latest

    def _check(self) -> dict[str, Answer]:
        """Ask all at once; what has not answered in time is as `late` says, or "slow"."""
        for name, question in self._questions.items():
            if name not in self._asked or self._asked[name].done():
                self._asked[name] = pool().submit(question)
        wait(self._asked.values(), timeout=DEADLINE_SECONDS)
        return {name: answer_of(future, self._late.get(name, "slow")) for name, future in self._asked.items()}


def is_ready(parts: dict[str, Answer]) -> bool:
    return all(state == OK for name, state in parts.items() if name != "workers") and bool(parts["workers"])


def answer_of(future: Future, otherwise: Answer) -> Answer:
    if not future.done():
        future.cancel()
        return otherwise
    return future.result()


def database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        return OK
    except Exception as error:  # every driver has errors of its own; whichever it is, the database does not answer
        log.warning("the database does not answer: %s", error)
        return "unreachable"
    finally:
        connection.close()


def broker_state() -> str:
    """A Redis that is full answers, and takes no hint."""
    try:
        return OK if broker.has_room() else "full"
    except redis.RedisError:
        return "unreachable"


def store_state() -> str:
    """The folder can be written to and has room; the bucket answers."""
    try:
        if settings.STORE_BUCKET:
            default_storage.check()
            return OK
        if settings.STORE_FOLDER and not settings.STORE.is_dir():
            return "unreachable"  # what it lies on is not mounted
        settings.STORE.mkdir(parents=True, exist_ok=True)
        if not os.access(settings.STORE, os.W_OK):
            return "read_only"
        return OK if store.free_bytes() > FULL_BYTES else "full"
    except Exception as error:  # boto3 has errors of its own; whichever it is, the store does not answer
        log.warning("the store does not answer: %s", error)
        return "full" if getattr(error, "errno", None) == errno.ENOSPC else "unreachable"


@cache
def pool() -> ThreadPoolExecutor:
    """Threads for the questions, made at the first one, so after gunicorn has forked."""
    return ThreadPoolExecutor(max_workers=8, thread_name_prefix="readyz")


@cache
def readiness() -> Readiness:
    """{"database", "broker", "store"}: "ok" or a word for the trouble; "workers": how many are there."""
    return Readiness({"database": database, "broker": broker_state, "store": store_state, "workers": broker.workers}, workers=0)
