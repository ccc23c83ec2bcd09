"""The map of a project's pictures: asking for one, and its places in the store. Who may do it was asked before, in `projects.rules`."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

import numpy as np
from django.db import transaction
from django.db.models import F, Q
from django.utils.translation import get_language

from webapp.core import store
from webapp.core.limits import spend
from webapp.images.models import Image
from webapp.projects.models import Project
from webapp.similar.keeping import discard
from webapp.similar.models import Map

MOST = 20_000  # pictures of one map; of a larger project those with the smallest ids, which are drawn by chance
FEWEST = 3
ROUNDS = 10  # of trainer.projection, which is not loaded here: it would bring FAISS and scikit-learn into every process
STEPS = 65_535  # the plane in whole numbers


@dataclass(frozen=True)
class Places:
    """Where pictures lie: ids [N] of 16 bytes in their order, places [N, 2] from 0 to STEPS, and the region [N] of each."""

    ids: np.ndarray
    places: np.ndarray
    regions: np.ndarray

    @classmethod
    def read(cls, content: bytes) -> "Places":
        rows = np.frombuffer(content, ROW)
        return cls(rows["id"], rows["place"], rows["region"])

    def written(self) -> bytes:
        rows = np.empty(len(self.ids), ROW)
        rows["id"], rows["place"], rows["region"] = self.ids, self.places, self.regions
        return rows.tobytes()


ROW = np.dtype([("id", "V16"), ("place", "<u2", 2), ("region", "<u2")])


@transaction.atomic
def start(*, project: Project) -> Map:
    """Ask for a map of a project; the one that is being made already where there is one. Raises UserError when that is too often."""
    Project.objects.select_for_update().get(id=project.id)  # two presses at once: the second one waits here and then finds the first
    live = project.maps.filter(status__in=Map.LIVE, cancel_requested=False).first()
    if live:
        return live
    spend("map", project.owner_id)
    return Map.objects.create(project=project, language=get_language() or "")


def shown(project: Project) -> Map | None:
    """The map of a project to look at: the newest that is done, else one that is being made and can be seen already."""
    # Not among the newest few: these may all have failed, or been stopped.
    maps = list(project.maps.filter(Q(status=Map.DONE) | Q(status=Map.RUNNING, processed__gt=0)))
    return next((one for one in maps if one.status == Map.DONE), maps[0] if maps else None)


def read(row: Map) -> Places | None:
    """The places of a map; None where its file is gone."""
    try:
        return Places.read(store.get(row.file_name))
    except FileNotFoundError:
        return None


def newer(row: Map) -> int:
    """How many pictures came after a map was begun."""
    return Image.objects.filter(project=row.project_id, created__gt=row.started).count()


def standing(row: Map, places: Places) -> list[tuple[int, UUID, UUID, str]]:
    """Of the pictures of a map that are still there: (place in its list, id, label, status)."""
    at = {bytes(key): place for place, key in enumerate(places.ids)}
    rows = Image.objects.filter(project=row.project_id).order_by()
    # No more than was there when it was made: a small map of what has become a large project reads little.
    if len(at) >= MOST:
        rows = rows.filter(id__lte=UUID(bytes=max(at)))
    if row.finished:
        rows = rows.filter(created__lte=row.finished)
    return [(at[key.bytes], key, label, status) for key, label, status in rows.values_list("id", "label", "status") if key.bytes in at]


def packed(row: Map, places: Places) -> bytes:
    """The pictures of a map as the page reads them: N ids of 16 bytes, the first four bytes of N labels as whole numbers, then N x, y, regions and 1s for set aside, 2 bytes each."""
    there = standing(row, places)
    kept = np.array([one[0] for one in there], np.int64)
    labels = {label: int.from_bytes(label.bytes[:4], "big") for label in {one[2] for one in there}}
    columns = [
        places.ids[kept],
        np.array([labels[one[2]] for one in there], "<u4"),
        places.places[kept, 0],
        places.places[kept, 1],
        places.regions[kept],
        np.array([one[3] != Image.READY for one in there], "<u2"),
    ]
    return b"".join(column.tobytes() for column in columns)


def forget_pictures(projects: Iterable[UUID]) -> None:
    """Some pictures of these projects must be on no map any more: one that is being made begins anew without them, those that are there are deleted."""
    rows = Map.objects.filter(project__in=list(projects))
    # Whoever makes one now loses it by the fence.
    rows.filter(status=Map.RUNNING).update(status=Map.QUEUED, fence=F("fence") + 1, attempts=0, lease_until=None, hinted=None, processed=0)
    discard(rows.exclude(status__in=Map.LIVE))
