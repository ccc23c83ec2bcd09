"""Taking a project's pictures away: the page, one press, the progress and the ZIP; and where the pictures came from."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from webapp.core.jobs import request_cancel
from webapp.exports import credits, services
from webapp.exports.download import sent
from webapp.exports.models import Export
from webapp.images.licenses import NAMES
from webapp.images.queries import license_counts
from webapp.projects.models import Project
from webapp.projects.rules import EDIT, fetch

SHOWN = 5  # exports on the page, newest first


@never_cache
@require_GET
def exports(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """What can be exported, and the exports there are."""
    project = fetch(request.user, Project, project_id)
    groups = [{"key": key, "name": NAMES[key], "count": count} for key, count in license_counts(project).items()]
    values = {"project": project, "groups": groups, "exports": project.exports.all()[:SHOWN]}
    return render(request, "exports/exports.html", values)


@require_POST
def start(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Make a ZIP of all pictures, or of those that the form's options choose."""
    project = fetch(request.user, Project, project_id, EDIT)
    services.start(project=project, licenses=request.POST.getlist("license"), with_aside="aside" in request.POST)
    return redirect("exports:exports", project.id)


@never_cache
@require_GET
def export(request: HttpRequest, export_id: UUID) -> HttpResponse:
    """How far an export is: a part of the page for htmx."""
    row = fetch(request.user, Export.objects.select_related("project"), export_id)
    return render(request, "exports/_export.html", {"export": row}) if request.htmx else redirect("exports:exports", row.project_id)


@require_POST
def cancel(request: HttpRequest, export_id: UUID) -> HttpResponse:
    """Stop the making of a ZIP."""
    row = fetch(request.user, Export, export_id, EDIT)
    request_cancel(row)
    return redirect("exports:exports", row.project_id)


@require_GET
def download(request: HttpRequest, export_id: UUID) -> HttpResponseBase:
    """The ZIP."""
    return sent(request, fetch(request.user, Export.objects.select_related("project"), export_id))


@require_GET
def sources(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Where the pictures come from: how many of each group of licences, and each picture with its credit."""
    project = fetch(request.user, Project, project_id)
    group = request.GET.get("license", "")
    page = credits.page(project, group if group in NAMES else "", request.GET.get("cursor", ""))
    groups = [{"key": key, "name": NAMES[key], "count": count} for key, count in license_counts(project).items()]
    values = {"project": project, "groups": groups, "group": group, "page": page, "owns": project.owner_id == request.user.id}
    return render(request, "exports/sources.html", values)
