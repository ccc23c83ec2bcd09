"""Where training children come from.

A small process (a forkserver) holds what every training needs, and a child forked from it runs at once. torch is another matter: it takes seconds and
half a gigabyte to load. So while somebody brings pictures or has just trained, a spare child with torch loaded waits for the next run; at rest there is none.
"""

import atexit
import multiprocessing
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing import forkserver
from multiprocessing.connection import Connection
from multiprocessing.reduction import send_handle
from threading import RLock

from django.conf import settings

from trainer.child import PRELOAD
from trainer.config import ENVIRONMENT
from webapp.training import backbones
from worker import gpus, training_child
from worker.held import Held

CONTEXT = multiprocessing.get_context("forkserver")
# Two BLAS threads wait for each other by spinning: where another process wants a core too, an epoch of quick took 311 ms with two and 15 ms with one.
ONE_BLAS_THREAD = {"OPENBLAS_NUM_THREADS": "1"}
SPARE_SECONDS = 600.0  # after this long without work the spare child goes

_lock = RLock()  # a spare child is killed inside
_spare: list["Child"] = []
_busy: list["Child"] = []  # the children that train now


@dataclass
class Child:
    """A training child and our end of its pipe."""

    process: multiprocessing.Process
    connection: Connection
    needed: float = 0.0

    def kill(self) -> None:
        """End the child for certain, and wait until it is gone."""
        self.process.kill()
        self.process.join()
        self.connection.close()
        with _lock:
            _busy[:] = [child for child in _busy if child is not self]


def warm_up() -> None:
    """Start the process that children are forked from; it loads its modules on its own while we go on."""
    atexit.register(close)  # a process ends only when its children have, and a spare child would wait for ever
    os.environ.update(ENVIRONMENT | ONE_BLAS_THREAD | backbones.environment())  # they are read when a process starts, so they must be there before
    CONTEXT.set_forkserver_preload(["trainer.child", training_child.__name__])
    forkserver.ensure_running()


def spawn(job: dict, held: Held | None = None, tell: Callable[[str], None] = lambda device: None) -> Child:
    """Start a training in the spare child or in a new one, on the GPUs that are held for it if there are any; `tell` hears which, in words.

    Raises EOFError or OSError when the child dies at once.
    """
    # A new one loads torch only when it needs it: loaded beside the first epochs it would hold them up (2.3 s instead of 0.5 s to the first one, measured).
    child = take_spare() or fork([])
    config = job.get("config", {})
    try:
        with _lock:
            _busy.append(child)
        own = held.gpus if held else []
        tell(gpus.said(own, gpus.found(), gpus.wanted(config)))
        child.connection.send(job | ({"config": gpus.seen_as(config), "gpus": [gpu.key for gpu in own]} if own else {}))
        for lock in held.locks if held else ():
            send_handle(child.connection, lock.fileno(), child.process.pid)
    except BaseException:
        child.kill()
        raise
    return child


def expect_training() -> None:
    """Somebody is likely to train soon: have a spare child load torch meanwhile, unless a training needs the machine."""
    if not settings.SPARE_CHILD or "train" not in settings.WORKER_QUEUES:
        return
    with _lock:
        if is_training():
            return
        if _spare and not _spare[0].process.is_alive():
            _spare.pop().kill()
        if not _spare:
            _spare.append(fork(PRELOAD))
        _spare[0].needed = time.monotonic()


def is_training() -> bool:
    """Whether a child of this worker trains now."""
    with _lock:
        return any(child.process.is_alive() for child in _busy)


def rest() -> None:
    """Let the spare child go when nobody has needed it for long."""
    if _spare and time.monotonic() - _spare[0].needed > SPARE_SECONDS:
        close()


def close() -> None:
    """Let the spare child go."""
    with _lock:
        if _spare:
            _spare.pop().kill()


def take_spare() -> Child | None:
    """The spare child, if there is one."""
    with _lock:
        child = _spare.pop() if _spare else None
    if child is None or child.process.is_alive():
        return child
    child.kill()
    return None


def fork(modules: list[str]) -> Child:
    """A new child that waits for a job, and loads these modules meanwhile."""
    ours, theirs = CONTEXT.Pipe()
    process = CONTEXT.Process(target=training_child.main, args=(theirs, list(modules)), name="trainer")
    process.start()
    theirs.close()
    return Child(process, ours)
