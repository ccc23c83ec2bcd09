"""What the web and live processes of this machine count of themselves, for Prometheus. Where METRICS_TOKEN is not set nothing is counted, and nothing written.

Each process has a place of its own in the folder `metrics` of the data folder: files that prometheus_client maps into memory, and that whichever process is asked
adds up. A place is held by a lock, which the kernel lets go of however the process ends, and the next process goes on in it: counts only grow, and files never pile up.
"""

import fcntl
import logging
import os
from collections.abc import Iterable
from functools import cache
from itertools import count
from pathlib import Path
from threading import Lock
from typing import IO

from django.conf import settings
from prometheus_client import Counter, Gauge, Histogram, Metric, values
from prometheus_client.multiprocess import MultiProcessCollector

ROOM = 1 << 20  # bytes of a file, taken from the disk at once: a process that writes to a mapped file and finds the disk full is killed
KINDS = ("counter", "histogram", "gauge_livesum")  # of files, as prometheus_client names them
PREDICT = (0.002, 0.004, 0.006, 0.008, 0.01, 0.015, 0.02, 0.03, 0.05, 0.1, 0.2, 0.5, 1.0, 2.5)  # seconds
ANSWER = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)

log = logging.getLogger(__name__)
_making = Lock()


class Counts:
    """The counters of this process, in the place with this number."""

    def __init__(self, place: str, lock: IO) -> None:
        self.lock = lock  # held as long as this is
        values.ValueClass = values.MultiProcessValue(lambda: place)
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder())  # where that class writes; it asks nobody else
        self.requests = Counter("aimaker_requests", "Requests that were answered.", ["route", "status"], registry=None)
        self.seconds = Histogram("aimaker_request_seconds", "Seconds until an answer began.", ["room"], buckets=ANSWER, registry=None)
        self.predict = Histogram("aimaker_predict_seconds", "Seconds of a model for an answer: decoding and inference.", ["door"], buckets=PREDICT, registry=None)
        self.sockets = Gauge("aimaker_live_sockets", "Live cameras that are open.", multiprocess_mode="livesum", registry=None)
        self.sockets.set(0)


def request(route: str, status: str, seconds: float) -> None:
    """Count a request that was answered."""
    if settings.METRICS_TOKEN and (counted := counts()):
        counted.requests.labels(route, status).inc()
        counted.seconds.labels(route.partition(":")[0]).observe(seconds)


def predicted(door: str, seconds: float) -> None:
    """Count an answer of a model."""
    if settings.METRICS_TOKEN and (counted := counts()):
        counted.predict.labels(door).observe(seconds)


def socket_opened(change: int) -> None:
    """Count a live camera that was opened (1) or closed (-1)."""
    if settings.METRICS_TOKEN and (counted := counts()):
        counted.sockets.inc(change)


def counts() -> Counts | None:
    """The counters of this process; None where they can be kept nowhere."""
    with _making:  # two threads that made them at once would count past each other
        return _made()


@cache
def _made() -> Counts | None:
    try:
        folder().mkdir(exist_ok=True)
        return Counts(*take_place())
    except OSError as error:
        log.warning("nothing is counted for Prometheus in this process: %s", error)
        return None


def folder() -> Path:
    return settings.DATA / "metrics"


def take_place() -> tuple[str, IO]:
    """The number of the first place that no process holds, with its lock and room in its files. Raises OSError: the disk is full."""
    for place in map(str, count()):
        lock = open(folder() / f"{place}.lock", "a")
        if is_free(lock):
            for kind in KINDS:
                make_room(folder() / f"{kind}_{place}.db")
            return place, lock
        lock.close()
    raise AssertionError("count() ends never")


def is_free(lock: IO) -> bool:
    """Whether nobody holds the lock of a place; then it is ours, until the file is closed."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def make_room(file: Path) -> None:
    with file.open("ab") as out:
        os.posix_fallocate(out.fileno(), 0, ROOM)


class Counted:
    """A collector as prometheus_client wants one."""

    def describe(self) -> list[Metric]:
        return []  # so that registering it does not collect

    def collect(self) -> Iterable[Metric]:
        return collected()


def collected() -> Iterable[Metric]:
    """What all processes of this machine have counted; open sockets only of those that live."""
    for lock_file in folder().glob("*.lock"):
        with lock_file.open("a") as lock:
            if is_free(lock):
                (folder() / f"gauge_livesum_{lock_file.stem}.db").unlink(missing_ok=True)
    return MultiProcessCollector(None, str(folder())).collect() if folder().is_dir() else []
