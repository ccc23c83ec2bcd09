"""Copies of the bucket's files on this machine, for whatever needs a path: fetched once, and not kept when nobody uses them or the bucket has them no more."""

import logging
import os
import tempfile
import threading
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path

from django.conf import settings

log = logging.getLogger(__name__)

SWEEP_SECONDS = 3600
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
    return (settings.TRAIN_HOURS + 24) * 3600


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


@cache
def keep_swept(below: Callable[[str], set[str]]) -> threading.Thread:
    """Sweep every hour for as long as this process lives; other processes of this machine doing the same do no harm."""
    thread = threading.Thread(target=_sweep_for_ever, args=(below,), name="copies", daemon=True)
    thread.start()
    return thread


def _sweep_for_ever(below: Callable[[str], set[str]]) -> None:
    while True:
        try:
            sweep(below)
        except Exception as error:  # the bucket is away, or a copy went meanwhile: in an hour again
            log.warning("copies of files of the bucket were not swept: %s", error)
        time.sleep(SWEEP_SECONDS)
