"""The pictures of a project that look most like one: a file that is sent, or one that is there."""

import json
import time
from typing import Annotated
from uuid import UUID

import numpy as np
from django.http import HttpRequest, JsonResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from ninja import Query, Router

from webapp.api.resources.pictures import BODY, LARGEST_JSON, from_json, picture, read
from webapp.api.resources.shapes import SimilarOut
from webapp.core.errors import UserError
from webapp.projects.models import Project
from webapp.projects.rules import fetch
from webapp.serving import examples
from webapp.similar import services
from webapp.similar.services import MOST, Neighbour

router = Router(tags=["Pictures"])
Count = Annotated[int, Query(ge=1, le=MOST, description="How many pictures to answer, the nearest first.")]
ONE_OF_OURS = {"type": "object", "required": ["image_id"], "properties": {"image_id": {"type": "string", "format": "uuid"}}, "additionalProperties": False}


def with_ours(body: dict) -> dict:
    """What a request may hold that sends a picture, or else names one of the project."""
    content = body["requestBody"]["content"]
    json_too = {"schema": {"oneOf": [*content["application/json"]["schema"]["oneOf"], ONE_OF_OURS]}}
    return {"requestBody": {"required": True, "content": {**content, "application/json": json_too}}}


def neighbour(near: Neighbour) -> dict:
    return {
        "image_id": str(near.image.id),
        "label": near.image.label.name,
        "distance": round(near.distance, 4),
        "thumb_url": reverse("images:thumb", args=[near.image.id]),
    }


@router.post("/projects/{uuid:project_id}/similar", response=SimilarOut, openapi_extra=with_ours(BODY))
def find_similar(request: HttpRequest, project_id: UUID, k: Count = 3):
    """The ready pictures of a project that look most like a picture."""
    started = time.perf_counter()
    project = fetch(request.auth, Project, project_id)
    vector, own = asked(request, project)
    known = time.perf_counter()
    found = services.nearest(project_id=project.id, vector=vector, count=k, allowed=services.ready_but(own))
    ended = time.perf_counter()
    timing = {"vector_ms": known - started, "search_ms": ended - known, "total_ms": ended - started}
    return JsonResponse({"items": [neighbour(near) for near in found], "timing": {name: round(1000 * seconds, 3) for name, seconds in timing.items()}})


def asked(request: HttpRequest, project: Project) -> tuple[np.ndarray, UUID | None]:
    """The vector of the picture that is asked about, and its id where it is one of the project. Raises UserError."""
    if request.content_type != "application/json":
        return examples.vector_of(project, picture(request)), None
    body = read(request, LARGEST_JSON)
    image_id = named(body)
    if image_id is None:
        return services.vector_of(from_json(body, request.auth.id)), None
    image = project.images.filter(id=image_id).first()
    if image is None:
        raise UserError(_("There is no such picture in this project."), code="unknown_image", status=422, field="image_id")
    return services.vector_of_image(image), image.id


def named(body: bytes) -> UUID | None:
    """The id of a picture in a JSON body {"image_id"}; None where it says something else."""
    try:
        given = json.loads(body)
        return UUID(given["image_id"]) if isinstance(given, dict) and list(given) == ["image_id"] else None
    except (ValueError, TypeError, AttributeError, RecursionError):
        return None
