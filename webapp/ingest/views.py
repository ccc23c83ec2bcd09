"""Files come in: the sample, uploads, and how far they are."""

from collections.abc import Mapping
from uuid import UUID

from django.core.files.uploadedfile import SimpleUploadedFile, UploadedFile
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from webapp.accounts.services import person
from webapp.core.errors import UserError
from webapp.core.jobs import request_cancel
from webapp.ingest import samples, services
from webapp.ingest.formats.base import WEB
from webapp.ingest.models import Upload
from webapp.ingest.panels import Panel
from webapp.projects.models import Label, Project
from webapp.projects.rules import EDIT, VIEW, fetch, visible
from webapp.projects.services import add_labels

TOGETHER = 200  # uploads that one panel may sum up


@require_POST
def sample(request: HttpRequest) -> HttpResponse:
    """Make a project of the drawn sample pictures and go to its first step."""
    project = samples.start_sample(owner=person(request))
    return redirect("images:project", project.id)


@require_POST
def receive(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Take files over; a program is answered in JSON, a plain form goes to the page of the upload."""
    project = fetch(request.user, Project, project_id, EDIT)
    wants_json = request.accepts("application/json") and not request.accepts("text/html")
    try:
        upload = services.receive(project=project, files=sent_files(request), label=chosen_label(request.user, project, request.POST))
    except UserError as refused:
        if not wants_json:
            raise
        return JsonResponse({"error": refused.message}, status=refused.status)
    if wants_json:
        return JsonResponse({"id": str(upload.id)}, status=202)
    return redirect("ingest:upload", upload.id)


def sent_files(request: HttpRequest) -> list[UploadedFile]:
    """The files of a request, and the addresses that were typed as one more; raises UserError for a text without any."""
    typed = request.POST.get("addresses", "").strip()
    if typed and not any(start in typed.lower() for start in WEB):
        raise UserError(_("Type at least one address that starts with http:// or https://."), code="no_addresses", field="addresses")
    return request.FILES.getlist("files") + ([SimpleUploadedFile("addresses.txt", typed.encode())] if typed else [])


def chosen_label(person, project: Project, said: Mapping[str, str]) -> Label | None:
    """The label that the files belong to: by id, or by name (of a dropped folder; made when it is new), or none when ZIP folders say it."""
    if said.get("label"):
        try:
            return fetch(person, project.labels.all(), UUID(said["label"]), EDIT)
        except ValueError as nonsense:
            raise UserError(_("Choose the label again, please."), field="label") from nonsense
    name = said.get("label_name", "").strip()
    return add_labels(project=project, names=[name])[0] if name else None


@require_GET
def upload(request: HttpRequest, upload_id: UUID) -> HttpResponse:
    """How far an upload is, alone or `with` others that were sent with it; only the panel for htmx."""
    panel = panel_of(request, upload_id, VIEW)
    template = "ingest/_upload.html" if request.htmx else "ingest/upload.html"
    response = render(request, template, {"panel": panel, "project": panel.project})
    if request.htmx and (not panel.is_live or request.GET.get("seen") != str(panel.accepted)):
        response["HX-Trigger"] = "pictures-changed"
    return response


@require_POST
def cancel(request: HttpRequest, upload_id: UUID) -> HttpResponse:
    """Stop an upload; what it has taken in stays."""
    panel = panel_of(request, upload_id, EDIT)
    for row in panel.uploads:
        request_cancel(row)
    if request.htmx:
        return render(request, "ingest/_upload.html", {"panel": panel_of(request, upload_id, VIEW), "project": panel.project})
    return redirect(reverse("ingest:upload", args=[upload_id]) + (f"?with={panel.others}" if panel.others else ""))


@require_POST
def take_back(request: HttpRequest, upload_id: UUID) -> HttpResponse:
    """Delete what uploads have brought, also while they are at work; to be asked again while `is_live`, because then more of it may come."""
    panel = panel_of(request, upload_id, EDIT)
    is_live = services.take_back(uploads=panel.uploads)
    if request.accepts("text/html") and not request.accepts("application/json"):
        return redirect("images:project", panel.project.id)
    return JsonResponse({"is_live": is_live})


def panel_of(request: HttpRequest, upload_id: UUID, need: str) -> Panel:
    first = fetch(request.user, Upload.objects.select_related("project"), upload_id, need)
    others = [UUID(value) for value in request.GET.get("with", "").split(",")[:TOGETHER] if is_uuid(value)]
    rows = visible(request.user, Upload, need).filter(id__in=others, project=first.project).exclude(id=first.id)
    return Panel([first, *rows.order_by("created")])


def is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
