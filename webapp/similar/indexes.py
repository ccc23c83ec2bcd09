"""The vectors of each project to search among, a few projects at a time: a web process has 200 MB for everything.

FAISS is loaded when somebody first asks for look-alikes (see `trainer.nearest` for what it costs), and so it stays out of processes that never do.
"""

import logging
import time
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from importlib import import_module
from threading import Lock
from uuid import UUID
from zipfile import BadZipFile

import numpy as np
from django.utils.timezone import now

from webapp.core import store
from webapp.images.models import Embedding, Image
from webapp.images.services import chunks
from webapp.similar import building
from webapp.similar.keeping import discard
from webapp.similar.models import Index as Rows

log = logging.getLogger(__name__)

MOST_BYTES = 48_000_000  # of vectors; those of the project that is asked are held in any case
LATE = timedelta(minutes=2)  # a picture may be seen by others so long after the time that it bears
LOOK = 10.0  # seconds between two looks for a newer file
MOST_NEW = 2 * building.FEW  # pictures that one request takes in; of more a worker makes a file
UNREADABLE = (FileNotFoundError, BadZipFile, EOFError, KeyError, RuntimeError, ValueError)  # what reading a lost, damaged or older file raises


@dataclass(frozen=True)
class Found:
    """Ids of pictures, the nearest first; others are at least as far away as `beyond` says, where it can be said, and it is infinite elsewhere."""

    ids: list[UUID]
    beyond: float
    recall: float | None = None  # measured: the share of true neighbours that is found; null where it is exact
    is_behind: bool = False  # pictures came that are not searched yet


class Index:
    """The pictures of a project. New ones join when it is asked; ids of deleted ones stay, and whoever looks them up passes over them."""

    def __init__(self, project_id: UUID):
        self.project_id = project_id
        self._lock = Lock()
        self._row: UUID | None = None
        self._looked = 0.0
        self._is_behind = False
        self._empty()

    def search(self, vector: np.ndarray, count: int) -> Found:
        """The pictures nearest to a vector [1280], at least as many as its measured recall is for. Raises UserError while a worker makes the index."""
        with self._lock:
            self._take_newer()
            self._catch_up()
            if not len(self):
                return Found([], np.inf)
            found = self._nearest.search(vector, max(count, self._nearest.wide))
            return Found([self._id(place) for place in found.places], found.beyond, self._recall, self._is_behind)

    def __len__(self) -> int:
        return len(self._ids) // 16

    @property
    def size_bytes(self) -> int:
        return len(self._ids) + (self._nearest.size_bytes if self._nearest else 0)

    def _empty(self) -> None:
        self._ids = bytearray()  # 16 bytes each: as objects, 100,000 ids are 15 MB
        self._recent: dict[UUID, datetime] = {}
        self._since: datetime | None = None  # what bears an earlier time was seen
        self._nearest, self._recall = None, None

    def _id(self, place: int) -> UUID:
        return UUID(bytes=bytes(self._ids[16 * place : 16 * place + 16]))

    def _take_newer(self) -> None:
        """Read the file that a worker has made, unless it is held already."""
        if self._looked and time.monotonic() - self._looked < LOOK:
            return
        row = building.current(self.project_id)
        if row and row.id != self._row:
            self._read(row)
        elif row is None and Image.objects.filter(project=self.project_id).count() > building.FEW:
            self._want_newer()
        self._looked = time.monotonic()

    def _want_newer(self) -> None:
        """Have a worker make a file, and search what is held until then. Raises UserError where nothing is."""
        building.want(self.project_id)
        if not len(self):
            raise building.not_ready(self.project_id)

    def _read(self, row) -> None:
        try:
            made, ids, listed = opened(row)
        except UNREADABLE as error:
            self._go_without(row, error)
            return
        import_module("trainer.memory").give_back()  # the file was in memory twice
        self._empty()
        self._nearest, self._ids, self._since, self._row = made, bytearray(ids), listed - LATE, row.id
        self._recall = row.recall
        recent = dict(Image.objects.filter(project=self.project_id, created__gte=self._since).order_by().values_list("id", "created"))
        wanted = {key.bytes for key in recent}
        there = {key for start in range(0, len(ids), 16) if (key := ids[start : start + 16]) in wanted}
        self._recent = {key: created for key, created in recent.items() if key.bytes in there}

    def _go_without(self, row, error: Exception) -> None:
        """Do without a file that cannot be read: it was deleted because there is a newer one, or another one must be made."""
        newest = building.current(self.project_id)
        if newest and newest.id != row.id:
            self._read(newest)
            return
        log.warning("the index %s cannot be read and is made anew: %r", row.id, error)
        discard(Rows.objects.filter(id=row.id))
        self._want_newer()

    def _catch_up(self) -> None:
        """Take in the pictures that came since the last look, unless they are too many for a request."""
        rows, started = Image.objects.filter(project=self.project_id), now()
        if self._since:
            rows = rows.filter(created__gte=self._since)
        # In the order of their ids, which is no order at all: the first ones stand for all.
        room = max(0, min(MOST_NEW, self._nearest.most - len(self))) if self._nearest else building.FEW
        listed = rows.order_by().values_list("id", "created")[: len(self._recent) + room + 1]
        new = sorted((key, created) for key, created in listed if key not in self._recent)
        self._is_behind = len(new) > room
        if self._is_behind:
            self._looked = 0.0
            if (row := building.current(self.project_id)) is None or row.id == self._row:
                self._want_newer()
            return
        if new:
            self._add([key for key, _created in new])
        self._since = started - LATE
        self._recent = {key: created for key, created in (*self._recent.items(), *new) if created >= self._since}

    def _add(self, new: list[UUID]) -> None:
        nearest = import_module("trainer.nearest")  # here, so that it is loaded only when it is needed
        if self._nearest is None:
            self._nearest = nearest.Nearest(len(new))
        for some in chunks(new):
            found = [(key, bytes(vector)) for key, vector in stored(some).items()]
            self._nearest.add(nearest.vectors_of(vector for _key, vector in found))
            self._ids += b"".join(key.bytes for key, _vector in found)


def opened(row: Rows) -> tuple:
    """The index that a worker has made, a `trainer.nearest.Nearest`, the ids of its pictures, 16 bytes each, and the time when these were listed. Raises what UNREADABLE names."""
    nearest = import_module("trainer.nearest")  # here, so that it is loaded only when it is needed
    with store.open_file(row.file_name) as file, np.load(file, allow_pickle=False) as arrays:
        made, ids, listed = nearest.Nearest.of_arrays(arrays), arrays["ids"].tobytes(), datetime.fromisoformat(str(arrays["listed"]))
    if 16 * len(made) != len(ids):
        raise ValueError("an index and its ids are of different length")
    return made, ids, listed


def stored(ids: Iterable[UUID]) -> dict[UUID, bytes]:
    """The stored vectors of those pictures that have one, in the order of the ids."""
    ids = list(ids)
    found = dict(Embedding.objects.filter(image__in=ids).values_list("image", "vector"))
    return {key: found[key] for key in ids if key in found}


class Indexes:
    """Indexes by project, the least recently asked one dropped first. Safe between threads."""

    def __init__(self, most_bytes: int = MOST_BYTES):
        self.most_bytes = most_bytes
        self._lock = Lock()
        self._held: OrderedDict[UUID, Index] = OrderedDict()

    def of(self, project_id: UUID) -> Index:
        with self._lock:
            index = self._held.setdefault(project_id, Index(project_id))
            self._held.move_to_end(project_id)
            while len(self._held) > 1 and sum(one.size_bytes for one in self._held.values()) > self.most_bytes:
                self._held.popitem(last=False)
            return index

    def held(self) -> dict[UUID, int]:
        """The projects that are in memory, with what they take of it."""
        with self._lock:
            return {key: index.size_bytes for key, index in self._held.items() if len(index)}

    def __len__(self) -> int:
        return len(self._held)


@cache
def indexes() -> Indexes:
    """The indexes of this process, made when the first question comes."""
    return Indexes()
