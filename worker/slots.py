"""How much of each kind of work one worker does at once, so that no kind starves another."""

from functools import cache
from threading import BoundedSemaphore

from django.conf import settings

TRAININGS = 1  # one training uses the whole machine


def shares() -> dict[str, int]:
    """How many rows of each task are worked on at once."""
    half = max(1, settings.WORKER_THREADS // 2)
    return {"train.run": TRAININGS, "ingest.run": half, "collect.run": half, "review.run": 1, "exports.run": 1}


def threads() -> int:
    """Enough for all shares, and one that is always free to say no to a hint."""
    return sum(shares().values()) + 1


@cache
def slot(task: str) -> BoundedSemaphore:
    """The hands that this process has for a task."""
    return BoundedSemaphore(shares()[task])
