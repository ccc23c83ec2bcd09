"""The pictures that look most like one, in a project or in all of a person's: like a file that is sent, one that is there, or the middle of a label."""

import json
import time
from collections.abc import Callable
from functools import partial
from typing import Annotated, TypeVar
from uuid import UUID

import numpy as np
from django.db.models import Model, QuerySet
from django.http import HttpRequest, JsonResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from ninja import Query, Router

from webapp.api.resources.pictures import BODY, LARGEST_JSON, from_json, picture, read
from webapp.api.resources.shapes import SimilarOut
from webapp.core.errors import UserError
from webapp.images.models import Image
from webapp.projects.models import Label, Project
from webapp.projects.rules import fetch, visible
from webapp.serving import examples
from webapp.similar import services
from webapp.similar.services import MOST, Neighbour, Outcome

router = Router(tags=["Pictures"])
Row = TypeVar("Row", bound=Model)
Count = Annotated[int, Query(ge=1, le=MOST, description="How many pictures to answer, the nearest first.")]


def one_named(field: str) -> dict:
    """A JSON body that names a picture or a label by its id."""
    return {"type": "object", "required": [field], "properties": {field: {"type": "string", "format": "uuid"}}, "additionalProperties": False}


def with_ours(body: dict) -> dict:
    """What a request may hold that sends a picture, or else names one, or a label."""
    content = body["requestBody"]["content"]
    json_too = {"schema": {"oneOf": [*content["application/json"]["schema"]["oneOf"], one_named("image_id"), one_named("label_id")]}}
    return {"requestBody": {"required": True, "content": {**content, "application/json": json_too}}}


def neighbour(near: Neighbour) -> dict:
    return {
        "image_id": str(near.image.id),
        "label": near.image.label.name,
        "distance": round(near.distance, 4),
        "thumb_url": reverse("images:thumb", args=[near.image.id]),
    }


@router.post("/similar", response=SimilarOut, openapi_extra=with_ours(BODY))
def find_similar_everywhere(request: HttpRequest, k: Count = 3):
    """The ready pictures that look most like a picture, or like those of a label, in all projects that are yours or shared with you as a member."""
    started = time.perf_counter()
    vector, own = asked(request, visible(request.auth, Image), visible(request.auth, Label), services.vector_of)
    known = time.perf_counter()
    return answer(services.search_everywhere(user=request.auth, vector=vector, count=k, but={own}), started, known)


@router.post("/projects/{uuid:project_id}/similar", response=SimilarOut, openapi_extra=with_ours(BODY))
def find_similar(request: HttpRequest, project_id: UUID, k: Count = 3):
    """The ready pictures of a project that look most like a picture, or like those of a label."""
    started = time.perf_counter()
    project = fetch(request.auth, Project, project_id)
    vector, own = asked(request, project.images.all(), project.labels.all(), partial(examples.vector_of, project))
    known = time.perf_counter()
    return answer(services.search(project_id=project.id, vector=vector, count=k, allowed=services.ready_but({own})), started, known)


def answer(found: Outcome, started: float, known: float) -> JsonResponse:
    """What was found, what may be missing, and what took how long."""
    ended = time.perf_counter()
    timing = {"vector_ms": known - started, "search_ms": ended - known, "total_ms": ended - started}
    said = {"items": [neighbour(near) for near in found.neighbours], "recall": found.recall, "is_behind": found.is_behind, "left_out": found.left_out}
    return JsonResponse(said | {"timing": {name: round(1000 * seconds, 3) for name, seconds in timing.items()}})


def asked(request: HttpRequest, images: QuerySet[Image], labels: QuerySet[Label], look: Callable[[bytes], np.ndarray]) -> tuple[np.ndarray, UUID | None]:
    """The vector to search with, and the id of the picture where it is one of these. Raises UserError."""
    if request.content_type != "application/json":
        return look(picture(request)), None
    body = read(request, LARGEST_JSON)
    field, key = named(body)
    if field == "image_id":
        image = one(images, key, field, _("There is no such picture here."))
        return services.vector_of_image(image), image.id
    if field == "label_id":
        return services.centre_of_label(label=one(labels, key, field, _("There is no such label here."))), None
    return services.vector_of(from_json(body, request.auth.id)), None


def one(rows: QuerySet[Row], key: UUID | None, field: str, missing: str) -> Row:
    row = rows.filter(id=key).first()
    if row is None:
        raise UserError(missing, code=f"unknown_{field.removesuffix('_id')}", status=422, field=field)
    return row


def named(body: bytes) -> tuple[str, UUID | None]:
    """Which of image_id and label_id a JSON body consists of, and the id; empty where it says something else."""
    try:
        given = json.loads(body)
        field = next(iter(given)) if isinstance(given, dict) and len(given) == 1 else ""
        return (field, UUID(given[field])) if field in ("image_id", "label_id") else ("", None)
    except (ValueError, TypeError, AttributeError, RecursionError):
        return "", None
