"""The part of step 1 that says how good the AI is already."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from webapp.images.rows import with_work
from webapp.instant.words import card
from webapp.projects.models import Project
from webapp.projects.queries import with_counts
from webapp.projects.rules import fetch


@require_GET
def instant(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """The part as it is now; it asks for itself again only while there will be another number soon."""
    project = fetch(request.user, with_work(Project.objects.select_related("instant")), project_id)
    return render(request, "instant/_changes.html", {"card": card(project, list(with_counts(project.labels.all())), is_busy=project.has_work)})
