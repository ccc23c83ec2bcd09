"""Collecting from the web: start it, see how far it is, stop it."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from webapp.collect import services
from webapp.collect.models import Collection
from webapp.core.errors import UserError
from webapp.core.jobs import request_cancel
from webapp.images.rows import shelf
from webapp.projects.models import Label, Project
from webapp.projects.rules import EDIT, VIEW, fetch

AT_ONCE = 20  # labels that one press collects for


@require_POST
def start(request: HttpRequest, label_id: UUID) -> HttpResponse:
    """Ask for pictures of a label, by its name or by the words in `query`."""
    label = fetch(request.user, Label, label_id, EDIT)
    row = services.start(label=label, query=request.POST.get("query", "").strip())
    return answer(request, row)


@require_POST
def start_all(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Ask for pictures of every label that has too few to be trained with, and is not being collected for already."""
    project = fetch(request.user, Project, project_id, EDIT)
    live = set(project.collections.filter(status__in=Collection.LIVE).values_list("label_id", flat=True))
    short = [row.label for row in shelf(project).rows if row.needs and row.label.id not in live]
    started = start_each(short[:AT_ONCE])
    if request.htmx:
        return render(request, "collect/_started.html", {"collections": rows().filter(id__in=started)})
    return redirect("images:project", project.id)


def start_each(labels: list[Label]) -> list[UUID]:
    """Start a collection for each label; when the limit is reached on the way, those before it go on."""
    started: list[UUID] = []
    for label in labels:
        try:
            started.append(services.start(label=label).id)
        except UserError:
            if not started:
                raise
            break
    return started


@require_GET
def collection(request: HttpRequest, collection_id: UUID) -> HttpResponse:
    """How far a collection is; only its panel for htmx."""
    row = fetch(request.user, rows(), collection_id, VIEW)
    response = show(request, row)
    if request.htmx and (not row.is_live or request.GET.get("seen") != str(row.accepted)):
        response["HX-Trigger"] = "pictures-changed"
    return response


@require_POST
def cancel(request: HttpRequest, collection_id: UUID) -> HttpResponse:
    """Stop a collection; the pictures it has brought stay."""
    row = fetch(request.user, rows(), collection_id, EDIT)
    request_cancel(row)
    return answer(request, row)


def rows():
    return Collection.objects.select_related("label", "project")


def answer(request: HttpRequest, row: Collection) -> HttpResponse:
    if request.htmx:
        return show(request, rows().get(id=row.id))
    return redirect("collect:collection", row.id)


def show(request: HttpRequest, row: Collection) -> HttpResponse:
    template = "collect/_collection.html" if request.htmx else "collect/collection.html"
    return render(request, template, {"collection": row, "project": row.project})
