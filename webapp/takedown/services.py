"""Taking a picture down: it goes everywhere it is, does not come back, and the models that learned from it say so."""

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q, QuerySet

from webapp.collect.models import Answer, Collection
from webapp.exports.services import forget_pictures
from webapp.images import blocks
from webapp.images.models import Image
from webapp.images.services import delete_images
from webapp.projects.models import Project
from webapp.projects.services import lock
from webapp.serving import golden
from webapp.serving.models import Model, Variant
from webapp.similar import building, mapping
from webapp.training import previews
from webapp.training.models import Run


@dataclass(frozen=True)
class Taken:
    """What a take-down did, or would do: the pictures, and how many models learned from them."""

    images: list[Image]
    models: int


def copies(images: Iterable[Image], project: Project | None = None, claims: Iterable[Image] = ()) -> list[Image]:
    """All that goes with these pictures, in one project or without one in all: what has the same bytes, and what is from the same address.

    Only what a collection brought is surely from its address. Of others somebody says so (CREDITS.csv of an import), and might name a picture that
    others love: such a claim, like the `claims` here, takes down the picture that makes it, and nothing else.
    """
    rows, claims = project.images.all() if project else Image.objects.all(), list(claims)
    found = followed([*images, *collected(claims)], rows)
    all_of_them = Q(id__in=[image.id for image in (*found, *claims)]) | Q(source_url__in=addresses(found))
    return list(rows.filter(all_of_them).select_related("project", "project__owner", "label").order_by("project", "created", "id"))


def followed(images: Iterable[Image], rows: QuerySet[Image]) -> list[Image]:
    """These pictures and by turns all with the same bytes, and all that collections brought from the same addresses."""
    found = list(images)
    while True:
        same = Q(id__in=[image.id for image in found]) | Q(sha256__in={image.sha256 for image in found})
        more = list(rows.filter(same | Q(source_url__in=addresses(found), origin__in=Collection.objects.values("id"))))
        if len(more) <= len(found):
            return more
        found = more


def collected(images: Iterable[Image]) -> list[Image]:
    """Those of these pictures that collections brought."""
    images = list(images)
    known = set(Collection.objects.filter(id__in={image.origin for image in images}).values_list("id", flat=True))
    return [image for image in images if image.origin in known]


def addresses(images: Iterable[Image]) -> set[str]:
    """Where those of these pictures come from that collections brought."""
    return {image.source_url for image in collected(images)} - {""}


def take_down(*, images: Iterable[Image] = (), claims: Iterable[Image] = (), project: Project | None = None, marks: Iterable[str] = ()) -> Taken:
    """Take pictures down with all their copies: in one project (its owner asked), or without one everywhere (whoever runs the server asked).

    `claims` are told apart in `copies`. `marks` are blocked besides those of the pictures' bytes and addresses; see `images.blocks`.
    """
    with transaction.atomic():
        images, claims = list(images), list(claims)
        found = copies(images, project, claims)
        blocks.block(own_marks([*images, *collected(claims)], found) | set(marks), project)
        by_project: dict[UUID, list[Image]] = defaultdict(list)
        for image in found:
            by_project[image.project_id].append(image)
        models = sum(mark_runs(project_id, gone) for project_id, gone in by_project.items())
        forget_pictures(by_project)
        previews.forget_pictures(by_project)
        building.forget_pictures(by_project)
        mapping.forget_pictures(by_project)
        forget_answers({image.source_url for image in found if image.source_url})
        delete_images(images=found)
    return Taken(found, models)


def own_marks(images: Iterable[Image], found: Iterable[Image]) -> set[str]:
    """The marks that are these pictures' alone: a page may show others too, and what only claims to be one of them keeps its bytes to itself."""
    sure = followed(images, Image.objects.filter(id__in=[image.id for image in found]))
    return {image.sha256 for image in sure} | {blocks.address_mark(address) for address in addresses(sure)}


def learned(project_id: UUID, ids: set[str]) -> dict[UUID, int]:
    """How many of these pictures each run of a project learned from or was tested with, for runs that have a model or are at work."""
    runs = Run.everything.filter(Q(model__isnull=False) | Q(status=Run.RUNNING), project=project_id)
    counts = {}
    for run_id in runs.values_list("id", flat=True):  # one at a time: what a run keeps of 100,000 pictures is many megabytes
        rows = Run.everything.values_list("snapshot", flat=True).get(id=run_id)
        counts[run_id] = sum(image_id in ids for image_id, _label, _part in rows)
    return {run_id: count for run_id, count in counts.items() if count}


def mark_runs(project_id: UUID, images: list[Image]) -> int:
    """Have the runs say what they learned from, and take golden pictures out of their models; how many runs that were. Call it in a transaction."""
    lock(project_id)  # a variant is being made: with the lock it is there already, or without these pictures
    counts = learned(project_id, {str(image.id) for image in images})
    for run_id, count in counts.items():
        Run.everything.filter(id=run_id).update(taken_down=F("taken_down") + count)
    for bundle in (*Model.everything.filter(project=project_id), *Variant.objects.filter(model__project=project_id).select_related("model")):
        golden.forget(bundle, {image.sha256 for image in images})
    return len(counts)


def forget_answers(addresses: set[str]) -> None:
    """Delete what search services said within the last day about these addresses."""
    if not addresses:
        return
    named = [json.dumps(address) for address in addresses]
    for answer in Answer.objects.iterator(chunk_size=100):
        text = json.dumps(answer.page)
        if any(name in text for name in named):
            answer.delete()
