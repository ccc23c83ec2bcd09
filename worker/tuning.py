"""The work of a tuning, tied to what the rooms below do not know: whether this machine trains, and that two tunings on it would measure each other."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import IO

from django.db.models.functions import Now

from webapp.training.models import Run
from webapp.tuning import work
from webapp.tuning.models import Tuning
from worker import perform as performing
from worker.life import NAME


def perform(row_id: str) -> bool:
    """Claim a tuning and measure, if this machine neither trains nor measures already; else it waits in line, and the next hint asks again."""
    with alone(work.root()) as is_alone:
        return is_alone and performing.perform(Tuning, row_id, partial(work.run, is_busy=trains_here), has_room=lambda _row_id: not trains_here())


def trains_here() -> bool:
    """Whether a worker of this machine trains."""
    machine = NAME.rpartition(":")[0]
    return Run.everything.filter(status=Run.RUNNING, worker__startswith=f"{machine}:", lease_until__gt=Now()).exists()


@contextmanager
def alone(folder: Path) -> Iterator[bool]:
    """Whether no other worker of this machine measures; while the block runs, none begins to. The kernel lets go of the lock however this process ends."""
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "lock", "a") as file:
        yield locked(file)


def locked(file: IO) -> bool:
    """Whether the lock of a file is ours now."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
