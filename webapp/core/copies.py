"""Copies of the bucket's files on this machine, for whatever needs a path: fetched once, and not kept when nobody uses them or the bucket has them no more.

Where the disk fills up, those go first that were not used for the longest time.
"""

import logging
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from functools import cache
from itertools import count
from pathlib import Path

from django.conf import settings

log = logging.getLogger(__name__)

LOOK_SECONDS, LOOKS = 60, 60  # for room every minute, at the bucket at each sixtieth time
FREE_BYTES, FREE_PART = 10_000_000_000, 0.1  # the smaller of the two is to be free: more than what the rooms keep free, or they refuse before we make room
HOUR = 3600
PART = ".part-"


def root() -> Path:
    return settings.DATA / "cache" / "store"


def path_of(name: str, fetch: Callable[[str, Path], None]) -> Path:
    """Where the copy of a file lies; `fetch` brings it where there is none. Raises what it raises."""
    copy = root() / name
    try:
        os.utime(copy)  # used again
    except FileNotFoundError:
        bring(name, copy, fetch)
    return copy


def bring(name: str, copy: Path, fetch: Callable[[str, Path], None]) -> None:
    """Fetch a file so that its copy is whole or not there, however many fetch it at once."""
    copy.parent.mkdir(parents=True, exist_ok=True)
    descriptor, part = tempfile.mkstemp(prefix=PART, dir=copy.parent)
    os.close(descriptor)
    try:
        fetch(name, Path(part))
        os.replace(part, copy)
    except BaseException:
        Path(part).unlink(missing_ok=True)
        raise


def drop(name: str) -> None:
    """Forget the copy of a file that was deleted or written anew."""
    (root() / name).unlink(missing_ok=True)


def unused_seconds() -> float:
    """How long a copy is kept that nobody asks for: longer than a training may read the pictures that it asked for at its beginning."""
    return (settings.TRAIN_HOURS + 24) * HOUR


def needed_seconds() -> float:
    """How long a copy is kept on a disk that is nearly full, too: something that still runs may have asked for it."""
    return (settings.TRAIN_HOURS + 1) * HOUR


def sweep(below: Callable[[str], set[str]]) -> int:
    """Delete copies that nobody has used for long, and those of files that others deleted; how many. `below` names the files of a folder of the bucket."""
    deleted = 0
    for folder in [path for top in root().glob("*") for path in top.glob("*") if path.is_dir()]:  # such as projects/<id>
        began = time.time()
        there = below(str(folder.relative_to(root())))
        for copy in [path for path in folder.rglob("*") if path.is_file()]:
            is_gone = str(copy.relative_to(root())) not in there and not copy.name.startswith(PART)
            used = copy.stat().st_mtime
            if used < began - unused_seconds() or is_gone and used < began:  # what came after the look at the bucket is not known there
                copy.unlink(missing_ok=True)
                deleted += 1
    return deleted


def make_room() -> int:
    """Where the disk is nearly full, delete the copies that were not used for the longest time until it is not; how many."""
    deleted, oldest = 0, time.time() - needed_seconds()
    if missing_bytes() <= 0:
        return 0
    for used, copy in sorted(with_use()):
        if used > oldest or missing_bytes() <= 0:
            break
        copy.unlink(missing_ok=True)
        deleted += 1
    if deleted:
        log.warning("the disk is nearly full: %d copies of files of the bucket were deleted, %.1f GB are still missing", deleted, max(0, missing_bytes()) / 1e9)
    return deleted


def missing_bytes() -> float:
    """How much room the disk lacks; below zero where there is enough."""
    try:
        disk = shutil.disk_usage(root())
    except FileNotFoundError:  # no copies, nothing to be deleted
        return 0
    return min(FREE_BYTES, FREE_PART * disk.total) - disk.free


def with_use() -> Iterator[tuple[float, Path]]:
    """All copies with the time at which each was last used."""
    for copy in root().rglob("*"):
        try:
            if copy.is_file():
                yield copy.stat().st_mtime, copy
        except FileNotFoundError:
            continue  # another process of this machine was faster


@cache
def keep_swept(below: Callable[[str], set[str]]) -> threading.Thread:
    """Sweep for as long as this process lives; other processes of this machine doing the same do no harm."""
    thread = threading.Thread(target=_sweep_for_ever, args=(below,), name="copies", daemon=True)
    thread.start()
    return thread


def _sweep_for_ever(below: Callable[[str], set[str]]) -> None:
    for look in count():
        try:
            make_room()
            if look % LOOKS == 0:
                sweep(below)
        except Exception as error:  # the bucket is away, or a copy went meanwhile: later again
            log.warning("copies of files of the bucket were not swept: %s", error)
        time.sleep(LOOK_SECONDS)
