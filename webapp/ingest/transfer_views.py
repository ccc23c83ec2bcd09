"""Big files come in pieces, from our own pages: by session, with the CSRF token."""

from functools import partial
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from webapp.core.errors import UserError
from webapp.ingest import transfers, tus
from webapp.ingest.models import Transfer
from webapp.ingest.views import chosen_label
from webapp.projects.models import Project
from webapp.projects.rules import EDIT, fetch


@require_http_methods(["POST", "OPTIONS"])
def start(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Announce a file of a project."""
    if request.method == "OPTIONS":
        return tus.options()
    project = fetch(request.user, Project, project_id, EDIT)
    label_of = partial(chosen_label, request.user, project)
    return tus.answer(request, lambda: tus.create(request, request.user, project, label_of, address), refuse)


@require_http_methods(["HEAD", "PATCH", "DELETE", "OPTIONS", "POST"])
def one(request: HttpRequest, transfer_id: UUID) -> HttpResponse:
    """How far a file is, its next piece, or its end."""
    method = tus.method_of(request)
    if method == "OPTIONS":
        return tus.options()
    transfer = mine(request, transfer_id)
    verbs = {"HEAD": lambda: tus.head(transfer), "PATCH": lambda: tus.patch(request, transfer), "DELETE": lambda: tus.delete(transfer)}
    return tus.answer(request, verbs[method], refuse) if method in verbs else HttpResponse(status=405)


@require_POST
def discard(request: HttpRequest, transfer_id: UUID) -> HttpResponse:
    """Give up on an unfinished file, by the button of a page."""
    transfer = mine(request, transfer_id)
    transfers.discard(transfer=transfer)
    if request.htmx:
        return render(request, "ingest/_unfinished.html", {"unfinished": transfers.unfinished(request.user, transfer.project)})
    return redirect("images:project", transfer.project_id)


def mine(request: HttpRequest, transfer_id: UUID) -> Transfer:
    """A transfer of this very person: other members have no use for half a file."""
    rows = Transfer.objects.filter(person_id=request.user.pk).select_related("project", "label")
    return fetch(request.user, rows, transfer_id, EDIT)


def address(transfer: Transfer) -> str:
    return reverse("ingest:transfer", args=[transfer.id])


def refuse(error: UserError) -> HttpResponse:
    return JsonResponse({"error": error.message}, status=error.status)
