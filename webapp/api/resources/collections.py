from uuid import UUID

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from ninja import Router, Status
from pydantic import Field

from webapp.api.answers import address, failure, polled, stamp
from webapp.api.resources.shapes import NAME, CollectionOut, Input
from webapp.collect import services
from webapp.collect.models import Collection
from webapp.projects.models import Project
from webapp.projects.rules import EDIT, fetch
from webapp.projects.services import add_labels

router = Router(tags=["Pictures"])


class NewCollection(Input):
    label: str = Field(json_schema_extra=NAME, description="The name of the label; it is made when it is not there.")
    query: str = Field("", max_length=200, description="What to search for, when it is not the name of the label.")
    count: int = Field(50, ge=1, le=services.MOST)
    providers: list[str] | None = Field(None, min_length=1, max_length=10)


def shown(collection: Collection) -> dict:
    """A collection that was read with its label."""
    return {
        "id": str(collection.id),
        "project_id": str(collection.project_id),
        "label": collection.label.name,
        "query": collection.query,
        "status": collection.status,
        "wanted": collection.wanted,
        "found": collection.found,
        "accepted": collection.accepted,
        "rejected": collection.rejected,
        "providers": collection.providers,
        "error": failure(collection.error),
        "created": stamp(collection.created),
    }


@router.post("/projects/{uuid:project_id}/collections", response={202: CollectionOut})
def create_collection(request: HttpRequest, project_id: UUID, payload: NewCollection, response: HttpResponse):
    """Search the web for pictures of a label. Poll the answer."""
    project = fetch(request.auth, Project, project_id, EDIT)
    with transaction.atomic():  # what is refused leaves no label behind
        label = add_labels(project=project, names=[payload.label])[0]
        collection = services.start(label=label, query=payload.query, count=payload.count, providers=payload.providers)
    response["Location"] = address("get_collection", collection.id, "collection_id")
    return Status(202, shown(collection))


@router.get("/collections/{uuid:collection_id}", response=CollectionOut)
def get_collection(request: HttpRequest, collection_id: UUID):
    return polled(request, shown(fetch(request.auth, Collection.objects.select_related("label"), collection_id)))
