"""What lies nearest to each of a project's pictures, for whoever compares all of them in a worker: from the index that the project is searched with, not from a second one.

Few pictures are indexed in memory, as a web process does it. Of more the file in the store is taken; where there is none, or it is behind, it is made first, and kept.
"""

import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import numpy as np

from trainer.nearest import BATCH, Nearest
from webapp.similar import building
from webapp.similar.indexes import UNREADABLE, opened
from webapp.similar.keeping import discard
from webapp.similar.models import Index

PATIENCE = 300.0  # seconds that somebody else may take to make it; then one is made for this once
LOOK = 0.5

log = logging.getLogger(__name__)

Make = Callable[[UUID], object]  # have a worker's hand do the row of an Index now, if it is nobody else's


class Candidates:
    """An index of some pictures that are called by their rows."""

    def __init__(self, nearest: Nearest, rows: np.ndarray):
        self.nearest, self.rows = nearest, rows

    def __call__(self, vectors: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
        """About the cosines float32 and the rows int64, [Q, count], of what lies nearest to vectors [Q, 1280]; row -1 for what is none of the pictures."""
        cosines, places = self.nearest.neighbours(vectors, count)
        return cosines, np.where(places >= 0, self.rows[places], -1)


def of_pictures(project_id: UUID, ids: list[UUID], vectors: np.ndarray, thread: ThreadPoolExecutor, check: Callable[[], None], make: Make) -> Candidates:
    """Candidates among pictures of a project with their vectors [N, 1280], zeros where there is none; what takes long is done by the thread, and `check` may raise to stop."""
    kept = indexed(project_id, check, make) if len(ids) > building.FEW else None
    nearest, known = kept or (Nearest(len(ids)), b"")
    row_of = {key.bytes: row for row, key in enumerate(ids)}
    rows = [row_of.get(known[start : start + 16], -1) for start in range(0, len(known), 16)]
    # In no order at all: the first ones stand for all.
    new = np.random.default_rng(0).permutation(np.setdiff1d(np.flatnonzero(vectors.any(axis=1)), rows))
    thread.submit(add, nearest, vectors, new, check).result()
    return Candidates(nearest, np.concatenate([np.array(rows, np.int64), new]))


def add(nearest: Nearest, vectors: np.ndarray, rows: np.ndarray, check: Callable[[], None]) -> None:
    """Have an index hold some of the vectors, too."""
    for start in range(0, len(rows), 8 * BATCH):
        check()
        nearest.add(np.asarray(vectors[rows[start : start + 8 * BATCH]], np.float32))


def indexed(project_id: UUID, check: Callable[[], None], make: Make) -> tuple[Nearest, bytes] | None:
    """The index of a project with the ids of its pictures, made first where it must be; null where it cannot be had."""
    row = building.current(project_id)
    if row is None or building.is_behind(row):
        row = made(project_id, check, make) or row
    try:
        return opened(row)[:2] if row else None
    except UNREADABLE as error:
        log.warning("the index %s cannot be read and is made anew: %r", row.id, error)
        discard(Index.objects.filter(id=row.id))
        building.want(project_id)
        return None


def made(project_id: UUID, check: Callable[[], None], make: Make) -> Index | None:
    """The index of a project when it is made, by this worker or by whoever is at it already; null where that fails or takes too long."""
    if building.is_resting(project_id):
        return None
    row, ends = building.order(project_id), time.monotonic() + PATIENCE
    while time.monotonic() < ends:
        check()
        make(row.id)
        if not Index.objects.filter(id=row.id, status__in=Index.LIVE).exists():
            break
        time.sleep(LOOK)
    return building.current(project_id)
