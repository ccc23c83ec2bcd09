from typing import Literal
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Router, Status
from pydantic import Field, StrictBool

from webapp.api.answers import address, failure, polled, stamp
from webapp.api.resources.shapes import ExportOut, Input
from webapp.exports import services
from webapp.exports.download import sent
from webapp.exports.models import Export
from webapp.projects.models import Project
from webapp.projects.rules import EDIT, fetch

router = Router(tags=["Pictures"])

License = Literal["own", "public", "by", "by-sa", "nc", "nd", "unknown"]
ZIP = {"responses": {200: {"description": "A ZIP; ranges of bytes are honoured", "content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}}}}}


class NewExport(Input):
    licenses: list[License] = Field([], max_length=7, description="Only pictures of these groups of licences; all without it.")
    with_aside: StrictBool = Field(False, description="Also pictures that were set aside.")


def shown(export: Export) -> dict:
    return {
        "id": str(export.id),
        "project_id": str(export.project_id),
        "status": export.status,
        "total": export.total,
        "processed": export.processed,
        "missing": export.missing,
        "licenses": export.licenses,
        "with_aside": export.with_aside,
        "size_bytes": export.size_bytes if export.can_be_fetched else None,
        "url": address("get_export_zip", export.id, "export_id") if export.can_be_fetched else None,
        "expires": stamp(export.expires),
        "error": failure(export.error),
        "created": stamp(export.created),
    }


@router.post("/projects/{uuid:project_id}/export", response={202: ExportOut})
def create_export(request: HttpRequest, project_id: UUID, response: HttpResponse, payload: NewExport = None):
    """Make a ZIP of label folders, labels.csv and CREDITS.csv. Poll the answer until it has a `url`."""
    project = fetch(request.auth, Project, project_id, EDIT)
    wanted = payload or NewExport()
    export = services.start(project=project, licenses=wanted.licenses, with_aside=wanted.with_aside)
    response["Location"] = address("get_export", export.id, "export_id")
    return Status(202, shown(export))


@router.get("/exports/{uuid:export_id}", response=ExportOut)
def get_export(request: HttpRequest, export_id: UUID):
    return polled(request, shown(fetch(request.auth, Export, export_id)))


@router.get("/exports/{uuid:export_id}/zip", openapi_extra=ZIP)
def get_export_zip(request: HttpRequest, export_id: UUID):
    """The ZIP; 409 while it is being made, 404 when it is no longer kept."""
    return sent(request, fetch(request.auth, Export.objects.select_related("project"), export_id))
