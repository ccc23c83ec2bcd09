"""The checkpoints of a run that failed, kept for a day: who trains again with the same settings and pictures goes on from them.

Only those of the latest failure of each project are kept, and of these as many as have room. So a full disk or a lack of memory costs the time until somebody has made room, and no epoch.
"""

import os
import shutil
from contextlib import suppress
from datetime import timedelta
from itertools import accumulate
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from webapp.training import journal
from webapp.training.models import Run

CHECKPOINTS = "checkpoints"
KEPT = (CHECKPOINTS, journal.NAME)
KEPT_FOR = timedelta(days=1)
MOST_BYTES = 2_000_000_000  # of all failed runs together


def staying(root: Path) -> set[str]:
    """Names of the folders of failed runs that stay: of each project the latest failure, and of those the latest that have room together."""
    failed = Run.objects.filter(status=Run.FAILED, finished__gt=timezone.now() - KEPT_FOR).order_by("-finished").values_list("project_id", "id")
    latest: dict = {}
    for project, run in failed:
        latest.setdefault(project, str(run))
    sums = accumulate(size(root / name) for name in latest.values())
    return {name for name, sum_of in zip(latest.values(), sums, strict=True) if sum_of <= MOST_BYTES}


def size(folder: Path) -> int:
    """Bytes of the files in a folder; one that is just being deleted counts for nothing."""
    total = 0
    with suppress(FileNotFoundError):
        for path in folder.rglob("*"):
            total += path.stat().st_size if path.is_file() else 0
    return total


def keep(folder: Path) -> None:
    """Delete everything in the folder of a failed run but its checkpoints and what they need; all of it where there are none."""
    if not any((folder / CHECKPOINTS).glob("*.json")):
        shutil.rmtree(folder, ignore_errors=True)
        return
    for path in folder.iterdir():
        if path.name not in KEPT:
            shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)


def take_up(run: Run, folder: Path) -> None:
    """Bring what the run before this one left into the folder of a run that begins, if it failed and was to be the same."""
    if (folder / CHECKPOINTS).exists():
        return
    before = Run.objects.defer(*Run.BIG).filter(project_id=run.project_id, number__lt=run.number).order_by("-number").first()
    left = settings.DATA / "runs" / str(before.id) if before else folder
    if left != folder and (left / CHECKPOINTS).is_dir() and before.status == Run.FAILED and is_same(before, run):
        for name in reversed(KEPT):  # the checkpoints last: with them, all of it is here
            if (left / name).exists():
                os.replace(left / name, folder / name)
        shutil.rmtree(left, ignore_errors=True)


def is_same(before: Run, run: Run) -> bool:
    """Whether two runs learn the same from the same; a batch may have been made smaller because memory ran out."""
    one, other = ({name: value for name, value in config.items() if name != "batch_size"} for config in (before.config, run.config))
    return one == other and before.snapshot == run.snapshot
