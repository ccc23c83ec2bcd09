"""The pictures that look most like one: of a project, or of all that a person may see. Who may see a project's was asked before, in `projects.rules`."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from importlib import import_module
from uuid import UUID

import numpy as np
from django.db.models import Count, Exists, OuterRef
from django.utils.translation import gettext as _

from trainer.pixels import PictureError, decode
from webapp.core.errors import UserError
from webapp.core.limits import spend
from webapp.images import vectors
from webapp.images.alike import are_near
from webapp.images.models import Embedding, Image
from webapp.projects.models import Label, Project
from webapp.projects.rules import visible
from webapp.similar.building import FEW, SOON
from webapp.similar.indexes import MOST_BYTES, Found, indexes, stored
from webapp.similar.models import Index

PICTURE_BYTES = 2 * 1280 + 16  # of a project without a file
NARROW, WIDER = 64, (2048, 10**9)  # how many are looked at, and more where too few of these will do
RANKED = 256  # of them are compared exactly
MOST = 20
MOST_PROJECTS = 50  # that are searched at once: those in memory, then the newest ones
MOST_AT_ONCE = MOST_BYTES * 2 // 3  # of vectors of all of them, so that a search of everything drops little of what others search
CENTRE = 2000  # pictures of a label say where its middle is


Allowed = Callable[[list[UUID]], list[UUID]]


@dataclass(frozen=True)
class Neighbour:
    """A picture with its label, and how far it is: 0 for the same, 1 for nothing in common."""

    image: Image
    distance: float


@dataclass(frozen=True)
class Outcome:
    """What a search found, the nearest first, and what it may have missed."""

    neighbours: list[Neighbour]
    recall: float | None = None  # the least share of true neighbours that an index finds which was asked; null where all are exact
    is_behind: bool = False  # pictures came that are not searched yet
    left_out: int = 0  # projects that were not searched: their index is still being made, or there are too many


def nearest(*, project_id: UUID, vector: np.ndarray, count: int = 3, allowed: Allowed = list) -> list[Neighbour]:
    """The neighbours that `search` finds. Raises UserError as it does."""
    return search(project_id=project_id, vector=vector, count=count, allowed=allowed).neighbours


def search(*, project_id: UUID, vector: np.ndarray, count: int = 3, allowed: Allowed = list) -> Outcome:
    """The pictures of a project nearest to a vector [1280], of those that `allowed` lets through.

    Raises UserError (not_ready or index_failed, 503) while a worker makes the index of many pictures.
    """
    index = indexes().of(project_id)
    for wide in (max(NARROW, 4 * count), *WIDER):
        found = index.search(vector, wide)
        rows = ranked(vector, allowed(found.ids)[:RANKED])[:count]
        if len(found.ids) >= len(index) or (len(rows) >= count and rows[-1][1] <= found.beyond):
            break
    return outcome(rows, [found])


def search_everywhere(*, user, vector: np.ndarray, count: int = 3, but: Collection[UUID | None] = ()) -> Outcome:
    """The ready pictures nearest to a vector [1280] in all projects that a person may see, but for the pictures `but`; the nearest first.

    Raises UserError (too_many, 429) for somebody who does so all the time.
    """
    mine = visible(user, Project).filter(Exists(Image.objects.filter(project=OuterRef("id"))))
    projects = list(mine.order_by("-created").values_list("id", flat=True))
    if projects:
        spend("similar", user.pk)
    asked = [one for project_id in at_once(projects) if (one := best_of(project_id, vector, count, ready_but(but)))]
    rows = sorted((row for _found, best in asked for row in best), key=lambda row: row[1])
    return outcome(rows[:count], [found for found, _best in asked], len(projects) - len(asked))


def at_once(projects: list[UUID]) -> list[UUID]:
    """Which of some projects, the newest first, are searched together: those whose vectors are in memory, then the newest ones, as many as fit into it."""
    held = indexes().held()
    wanted = sorted(projects, key=lambda key: key not in held)[:MOST_PROJECTS]
    sizes = sizes_of([key for key in wanted if key not in held]) | held
    chosen, total = wanted[:1], sizes.get(wanted[0], 0) if wanted else 0
    for key in wanted[1:]:
        if total + sizes.get(key, 0) <= MOST_AT_ONCE:
            chosen.append(key)
            total += sizes.get(key, 0)
    return chosen


def sizes_of(projects: list[UUID]) -> dict[UUID, int]:
    """About how much memory the vectors of projects will take."""
    made = dict(Index.objects.filter(project__in=projects, status=Index.DONE).order_by("created").values_list("project", "size_bytes"))
    rows = Image.objects.filter(project__in=[key for key in projects if key not in made]).order_by().values_list("project")
    return made | {key: min(count, FEW) * PICTURE_BYTES for key, count in rows.annotate(count=Count("id"))}


def best_of(project_id: UUID, vector: np.ndarray, count: int, allowed: Allowed) -> tuple[Found, list[tuple[UUID, float]]] | None:
    """The nearest pictures of one project of several, with their distances; null where it is not searchable yet."""
    try:
        found = indexes().of(project_id).search(vector, max(NARROW, 2 * count))
    except UserError:
        return None
    return found, ranked(vector, allowed(found.ids))[:count]


def outcome(rows: list[tuple[UUID, float]], found: list[Found], left_out: int = 0) -> Outcome:
    """The pictures with what is known of the searches that found them."""
    recall = min((one.recall for one in found if one.recall is not None), default=None)
    return Outcome(pictures(rows), recall, any(one.is_behind for one in found), left_out)


def near_duplicates(*, image: Image, count: int = MOST) -> Outcome:
    """The other pictures of its project, set aside or not, that are nearly the same as a picture, by the rule of the check; the nearest first.

    Raises UserError where the picture has no vector.
    """
    found = search(project_id=image.project_id, vector=vector_of_image(image), count=count + 1)
    others = [near for near in found.neighbours if near.image != image]
    own, vectors = bytes(image.embedding.vector), stored([near.image.id for near in others])
    there = [(near, bytes(vectors[near.image.id])) for near in others if near.image.id in vectors]
    return replace(found, neighbours=[near for near, vector in there if are_near(own, image.phash, vector, near.image.phash)][:count])


def centre_of_label(*, label: Label) -> np.ndarray:
    """The vector [1280] in the middle of a label's ready pictures, to ask with; raises UserError where it has none."""
    compare = import_module("trainer.nearest")  # here, so that it is loaded only when it is needed
    rows = Embedding.objects.filter(image__label=label, image__status=Image.READY).order_by("image__created").values_list("vector", flat=True)
    vectors = compare.vectors_of(map(bytes, rows[:CENTRE]))
    if not len(vectors):
        raise UserError(_("This label has no pictures to search with yet. Add some, or choose another label."), code="no_pictures", status=409)
    return compare.centre(vectors)


def ranked(vector: np.ndarray, ids: list[UUID]) -> list[tuple[UUID, float]]:
    """Pictures that are still there with their exact distances, the nearest first."""
    compare = import_module("trainer.nearest")  # here, so that it is loaded only when it is needed
    there = stored(ids)
    distances = compare.distances(vector, compare.vectors_of(map(bytes, there.values())))
    return sorted(zip(there, map(float, distances), strict=True), key=lambda row: row[1])


def pictures(rows: list[tuple[UUID, float]]) -> list[Neighbour]:
    found = Image.objects.select_related("label").in_bulk([key for key, _distance in rows])
    return [Neighbour(found[key], max(0.0, distance)) for key, distance in rows if key in found]


def ready_but(but: Collection[UUID | None]) -> Allowed:
    """Lets through the pictures that can be learned from, but for some."""

    def allowed(ids: list[UUID]) -> list[UUID]:
        there = set(Image.objects.filter(id__in=ids[: WIDER[0]], status=Image.READY).values_list("id", flat=True)).difference(but)
        return [key for key in ids if key in there]

    return allowed


def vector_of(data: bytes) -> np.ndarray:
    """The vector [1280] of a picture file, by the network whose vectors are stored; loads it, 40 MB, at the first call.

    Raises UserError: no picture, or (not_ready, 503) where the network is still being made, which it is once on a machine.
    """
    if not vectors.is_made_soon():
        message = _("This server is getting ready to compare pictures. Try again in a few seconds.")
        raise UserError(message, code="not_ready", status=503, details={"retry_after": SOON})
    import_module("trainer.memory").give_back_soon()  # here, because a process that is never asked needs no thread for it
    try:
        return vectors.embedder().embed([decode(data)])[0]
    except PictureError as error:
        raise UserError(_("This is not a JPG or PNG picture that can be read. Choose another one."), code=error.reason, status=422) from error


def vector_of_image(image: Image) -> np.ndarray:
    """The stored vector of a picture; raises UserError where it has none."""
    if not hasattr(image, "embedding"):
        raise UserError(_("This picture has not been looked at yet. Try again in a moment."), code="no_vector", status=409)
    return import_module("trainer.nearest").vectors_of([bytes(image.embedding.vector)])[0]  # here, so that it is loaded only when it is needed
