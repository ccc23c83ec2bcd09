from functools import partial
from uuid import UUID

from django.http import HttpRequest
from ninja import Router

from webapp.api.answers import address
from webapp.api.errors import user_error
from webapp.api.resources.uploads import label_of
from webapp.ingest import tus
from webapp.ingest.models import Transfer
from webapp.projects.models import Project
from webapp.projects.rules import EDIT, fetch

router = Router(tags=["Big files, resumable (tus 1.0.0)"])
START, ONE = "/projects/{uuid:project_id}/transfers", "/transfers/{uuid:transfer_id}"


@router.api_operation(["OPTIONS"], START, auth=None, include_in_schema=False)
def transfer_options(request: HttpRequest, project_id: UUID):
    """Which version and extensions of tus are spoken here."""
    return tus.options()


@router.post(START, openapi_extra={"responses": {201: {"description": "Announced; send it to the address in Location, by PATCH."}}})
def create_transfer(request: HttpRequest, project_id: UUID):
    """Announce a file: Upload-Length, and Upload-Metadata with `filename` and, where all its pictures get the same one, `label`.

    When all of it has arrived it becomes the upload of the same id.
    """
    project = fetch(request.auth, Project, project_id, EDIT)
    work = partial(tus.create, request, request.auth, project, partial(label_of, project), where)
    return tus.answer(request, work, partial(user_error, request))


@router.api_operation(["OPTIONS"], ONE, auth=None, include_in_schema=False)
def one_transfer_options(request: HttpRequest, transfer_id: UUID):
    """Which version and extensions of tus are spoken here."""
    return tus.options()


@router.api_operation(["HEAD"], ONE)
def transfer_length(request: HttpRequest, transfer_id: UUID):
    """How much of a file is here: Upload-Offset."""
    transfer = mine(request, transfer_id)
    return tus.answer(request, lambda: tus.head(transfer), partial(user_error, request))


@router.patch(ONE, openapi_extra={"responses": {204: {"description": "Taken as far as Upload-Offset says."}}})
def add_to_transfer(request: HttpRequest, transfer_id: UUID):
    """Send the bytes of a file that begin at Upload-Offset."""
    transfer = mine(request, transfer_id)
    return tus.answer(request, lambda: tus.patch(request, transfer), partial(user_error, request))


@router.delete(ONE, openapi_extra={"responses": {204: {"description": "Given up."}}})
def discard_transfer(request: HttpRequest, transfer_id: UUID):
    """Give up on an unfinished file."""
    transfer = mine(request, transfer_id)
    return tus.answer(request, lambda: tus.delete(transfer), partial(user_error, request))


def where(transfer: Transfer) -> str:
    return address("transfer_length", transfer.id, "transfer_id")


def mine(request: HttpRequest, transfer_id: UUID) -> Transfer:
    """A transfer that the caller began."""
    return fetch(request.auth, Transfer.objects.filter(person=request.auth).select_related("project", "label"), transfer_id, EDIT)
