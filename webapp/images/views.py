"""Step 1 of a project: labels and pictures."""

from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from webapp.images.rows import shelf, with_work
from webapp.projects.models import Project
from webapp.projects.queries import with_steps
from webapp.projects.rules import fetch

MOST_ROWS = 10_000  # more than a project can have


@require_GET
def project(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Step 1: the labels with their pictures, and the ways to get more."""
    row = fetch(request.user, known_project(), project_id)
    values = {"project": row, "shelf": shelf(row, whole(request)), "owns": row.owner_id == request.user.id}
    return render(request, "images/project.html", values)


@require_GET
def shelf_changes(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """The parts of step 1 that change while pictures come in; `rows` is how many labels the page has already."""
    return answer_shelf(request, fetch(request.user, known_project(), project_id))


def known_project() -> QuerySet[Project]:
    """Projects with what the whole page asks of them, so that its parts need not ask again."""
    return with_steps(with_work(Project.objects.select_related("instant", "remix", "sharing__remixed_from__sharing")))


def answer_shelf(request: HttpRequest, row: Project) -> HttpResponse:
    """Every changing part of the page, to be swapped in where it stands."""
    values = request.GET if request.method == "GET" else request.POST
    there = int(values["rows"]) if values.get("rows", "").isdecimal() else MOST_ROWS
    now = shelf(row, whole(request))
    return render(request, "images/_shelf.html", {"project": row, "shelf": now, "known_rows": now.rows[:there], "new_rows": now.rows[there:]})


def whole(request: HttpRequest) -> set[UUID]:
    """The labels of which all pictures shall be shown: `all` in the address or the form."""
    return {UUID(value) for value in request.GET.getlist("all") + request.POST.getlist("all") if is_uuid(value)}


def is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
