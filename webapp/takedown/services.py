"""Taking a picture down: it goes everywhere it is, does not come back, and the models that learned from it say so."""

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q

from webapp.collect.models import Answer
from webapp.exports.services import forget_pictures
from webapp.images import blocks
from webapp.images.models import Image
from webapp.images.services import delete_images
from webapp.projects.models import Project
from webapp.serving import golden
from webapp.serving.models import Model
from webapp.training.models import Run


@dataclass(frozen=True)
class Taken:
    """What a take-down did, or would do: the pictures, and how many models learned from them."""

    images: list[Image]
    models: int


def copies(images: Iterable[Image], project: Project | None = None) -> list[Image]:
    """These pictures and all with the same bytes or from the same address, and the copies of those: in one project, or without one in all."""
    found, rows = list(images), project.images.all() if project else Image.objects.all()
    while True:
        same = Q(id__in=[image.id for image in found]) | Q(sha256__in={image.sha256 for image in found})
        same |= Q(source_url__in={image.source_url for image in found} - {""})
        more = list(rows.filter(same).select_related("project", "project__owner", "label").order_by("project", "created", "id"))
        if len(more) <= len(found):
            return more
        found = more


def take_down(*, images: Iterable[Image], project: Project | None = None, marks: Iterable[str] = ()) -> Taken:
    """Take pictures down with all their copies: in one project (its owner asked), or without one everywhere (whoever runs the server asked).

    `marks` are blocked besides those of the pictures' bytes and addresses; see `images.blocks`.
    """
    with transaction.atomic():
        found = copies(images, project)
        blocks.block({mark for image in found for mark in own_marks(image)} | set(marks), project)
        by_project: dict[UUID, list[Image]] = defaultdict(list)
        for image in found:
            by_project[image.project_id].append(image)
        models = sum(mark_runs(project_id, gone) for project_id, gone in by_project.items())
        forget_pictures(by_project)
        forget_answers({image.source_url for image in found if image.source_url})
        delete_images(images=found)
    return Taken(found, models)


def own_marks(image: Image) -> list[str]:
    """The marks that are this picture's alone: a page may show others too."""
    return [image.sha256, *([blocks.address_mark(image.source_url)] if image.source_url else [])]


def learned(project_id: UUID, ids: set[str]) -> dict[UUID, int]:
    """How many of these pictures each run of a project learned from or was tested with, for runs that have a model or are at work."""
    runs = Run.objects.filter(Q(model__isnull=False) | Q(status=Run.RUNNING), project=project_id)
    counts = {}
    for run_id in runs.values_list("id", flat=True):  # one at a time: what a run keeps of 100,000 pictures is many megabytes
        rows = Run.objects.values_list("snapshot", flat=True).get(id=run_id)
        counts[run_id] = sum(image_id in ids for image_id, _label, _part in rows)
    return {run_id: count for run_id, count in counts.items() if count}


def mark_runs(project_id: UUID, images: list[Image]) -> int:
    """Have the runs say what they learned from, and take golden pictures out of their models; how many runs that were."""
    counts = learned(project_id, {str(image.id) for image in images})
    for run_id, count in counts.items():
        Run.objects.filter(id=run_id).update(taken_down=F("taken_down") + count)
    for model in Model.objects.filter(project=project_id):
        golden.forget(model, {image.sha256 for image in images})
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
