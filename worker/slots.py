"""How much of each kind of work one worker does at once, so that no kind starves another."""

from functools import cache
from threading import BoundedSemaphore

from django.conf import settings

TRAININGS = 1  # one training uses the whole machine
UNPACKINGS = 2  # one of them for small ZIPs alone, which else would wait for gigabytes


def shares() -> dict[str, int]:
    """How many rows of each share are worked on at once. A share is a task, or a part of one (`Job.share_of`)."""
    half = max(1, settings.WORKER_THREADS // 2)
    uploads = {"ingest.run": UNPACKINGS - 1, "ingest.small": 1, "ingest.pictures": half}
    return {"train.run": TRAININGS, **uploads, "collect.run": half, "review.run": 1, "exports.run": 1, "takedown.sweep": 1}


def threads() -> int:
    """Enough for all shares, and one that is always free to say no to a hint."""
    return sum(shares().values()) + 1


@cache
def slot(share: str) -> BoundedSemaphore:
    """The hands that this process has for a share."""
    return BoundedSemaphore(shares()[share])
