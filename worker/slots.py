"""How much of each kind of work one worker does at once, so that no kind starves another."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from threading import BoundedSemaphore

from django.conf import settings

from worker import gpus

UNPACKINGS = 2  # one of them for small ZIPs alone, which else would wait for gigabytes


def shares() -> dict[str, int]:
    """How many rows of each share are worked on at once, in the queues of this worker. A share is a task, or a part of one (`Job.share_of`)."""
    return {share: hands for queue in settings.WORKER_QUEUES for share, hands in SHARES[queue]().items()}


def of_train() -> dict[str, int]:
    """Each training has a GPU to itself; without any, one uses the whole machine."""
    return {"train.run": max(1, len(gpus.found()))}


def of_io() -> dict[str, int]:
    half = max(1, settings.WORKER_THREADS // 2)
    uploads = {"ingest.run": UNPACKINGS - 1, "ingest.small": 1, "ingest.pictures": half}
    return {**uploads, "collect.run": half, "answers.correct": 1, "review.run": 1, "exports.run": 1, "bundles.pack": 1, "instant.run": 1, "similar.index": 1, "similar.map": 1, "training.preview": 1, "sharing.remix": 1, "takedown.sweep": 1, "tuning.run": 1}


SHARES = {"train": of_train, "io": of_io}


def threads() -> int:
    """Enough for all shares, and one that is always free to say no to a hint."""
    return sum(shares().values()) + 1


@cache
def slot(share: str) -> BoundedSemaphore:
    """The hands that this process has for a share."""
    return BoundedSemaphore(shares()[share])


@contextmanager
def more_hands(share: str, count: int) -> Iterator[None]:
    """Hold so many further hands of a share, as far as they are free: for a row that needs the room of several."""
    held = [hand for hand in [slot(share)] * count if hand.acquire(blocking=False)]
    try:
        yield
    finally:
        for hand in held:
            hand.release()
