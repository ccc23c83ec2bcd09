"""Step 1 of a project, labels and pictures, and the picture files."""

from uuid import UUID

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import etag, require_GET

from webapp.core import store
from webapp.images.models import Image
from webapp.images.rows import shelf
from webapp.projects.models import Project
from webapp.projects.rules import fetch, visible

YEAR = 365 * 24 * 3600


@require_GET
def project(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Step 1: the labels with their pictures, and the ways to get more."""
    row = fetch(request.user, Project, project_id)
    values = {"project": row, "shelf": shelf(row, whole(request)), "owns": row.owner_id == request.user.id}
    return render(request, "images/project.html", values)


@require_GET
def shelf_changes(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """The parts of step 1 that change while pictures come in; `rows` is how many labels the page has already."""
    return answer_shelf(request, fetch(request.user, Project, project_id))


def answer_shelf(request: HttpRequest, row: Project) -> HttpResponse:
    """Every changing part of the page, to be swapped in where it stands."""
    values = request.GET if request.method == "GET" else request.POST
    there = int(values["rows"]) if values.get("rows", "").isdecimal() else 0
    now = shelf(row, whole(request))
    return render(request, "images/_shelf.html", {"project": row, "shelf": now, "new_rows": now.rows[there:] if there else []})


def whole(request: HttpRequest) -> set[UUID]:
    """The labels of which all pictures shall be shown: `all` in the address or the form."""
    return {UUID(value) for value in request.GET.getlist("all") + request.POST.getlist("all") if is_uuid(value)}


def is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def picture_etag(request: HttpRequest, image_id: UUID) -> str | None:
    found = visible(request.user, Image).filter(id=image_id).values_list("sha256", flat=True).first()
    return f'"{found}-{request.resolver_match.url_name}"' if found else None


@require_GET
@cache_control(private=True, max_age=YEAR, immutable=True)
@etag(picture_etag)
def picture(request: HttpRequest, image_id: UUID) -> FileResponse:
    """The picture as it is kept: a JPEG of at most 1,024 px."""
    return send(fetch(request.user, Image, image_id).file_name)


@require_GET
@cache_control(private=True, max_age=YEAR, immutable=True)
@etag(picture_etag)
def thumb(request: HttpRequest, image_id: UUID) -> FileResponse:
    return send(fetch(request.user, Image, image_id).thumb_name)


def send(name: str) -> FileResponse:
    try:
        return FileResponse(store.open_file(name), content_type="image/jpeg")
    except FileNotFoundError as missing:
        raise Http404 from missing
