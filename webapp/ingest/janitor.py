"""Clears away what killed processes left in the store: half-written files, and files that no row knows. Nothing younger than an hour is touched.

Big files that nobody went on sending go after a day.
"""

import time
from collections.abc import Callable, Iterator
from uuid import UUID

from webapp.core import incoming, store
from webapp.images.models import Image
from webapp.ingest import parts, transfers
from webapp.ingest.models import Upload
from webapp.projects.models import Project

SECONDS = 3600
PICTURE_FOLDERS = ("pictures", "thumbs")


def sweep(older_than: float = SECONDS, check: Callable[[], None] = lambda: None) -> int:
    """Delete what is left over and older than so many seconds; how many files that were. `check` is called all the while, and may raise to stop."""
    deleted = store.delete_old(_left_over(), older_than, check)
    return deleted + incoming.sweep(older_than) + transfers.clear_expired() + _sweep_parts(older_than)


def _left_over() -> Iterator[str]:
    """The names of files that no row knows, however old."""
    yield from transfers.left_in_bucket()
    live = {str(key) for key in Upload.objects.filter(status__in=Upload.LIVE).values_list("id", flat=True)}
    for folder in store.folders("uploads"):
        if folder not in live:
            yield from store.walk(f"uploads/{folder}")
    there = {str(key) for key in Project.objects.values_list("id", flat=True)}
    for folder in store.folders("projects"):
        yield from _of_project(folder) if folder in there else store.walk(f"projects/{folder}")


def _of_project(folder: str) -> Iterator[str]:
    known = set(Image.objects.filter(project=UUID(folder)).values_list("sha256", flat=True))
    for name in store.walk(f"projects/{folder}"):
        kind, file = name.split("/")[2], name.rsplit("/", 1)[1]
        if file.startswith(store.PART) or kind in PICTURE_FOLDERS and file.removesuffix(".jpg") not in known:
            yield name


def _sweep_parts(seconds: float) -> int:
    """Delete parts of big files that belong to nothing any more."""
    old = [path for path in transfers.left_over() if time.time() - path.stat().st_mtime > seconds]
    for path in old:
        parts.delete(path)
    return len(old)
