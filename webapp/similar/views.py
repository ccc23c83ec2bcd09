"""Find similar: the pictures that look like a photo, a picture or a label, in one project or in all of a person's. What was asked stands in the address, so that it can be shared and gone back to."""

from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods
from django_htmx.http import HttpResponseClientRedirect

from webapp.core.errors import UserError
from webapp.core.views import waiting
from webapp.images.models import Image
from webapp.projects.models import Label, Project
from webapp.projects.rules import fetch, visible
from webapp.similar import finding, forms
from webapp.similar.services import MOST_PROJECTS

NOT_YET = ("no_vector", "not_ready")  # errors that pass by themselves


@require_http_methods(["GET", "HEAD", "POST"])
def find(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """What looks alike in a project; a POST of a photo, or of chosen pictures, leads to the address with what was found."""
    project, labels = known(request.user, project_id)
    if request.method == "POST":
        return lead(request, reverse("similar:find", args=[project.id]))
    values = {"project": project, "labels": labels}
    return answer(request, values, project.images.all(), finding.in_project(project))


@require_http_methods(["GET", "HEAD", "POST"])
def everywhere(request: HttpRequest) -> HttpResponse:
    """The same in all projects that a person may see."""
    projects = list(visible(request.user, Project).order_by("-created")[:MOST_PROJECTS])
    if request.method == "POST":
        if not projects:
            raise UserError(_("You have no pictures to search in yet. Make an AI first."), code="no_pictures")
        return lead(request, reverse("similar:everywhere"))
    labels = list(Label.objects.filter(project__in=projects).select_related("project").order_by("-project__created", "project_id", "position", "created"))
    values = {"projects": projects, "labels": labels}
    return answer(request, values, visible(request.user, Image.objects.select_related("project")), finding.everywhere(request.user))


def known(user, project_id: UUID) -> tuple[Project, list[Label]]:
    """A project with its labels: both in one query where it has labels. Raises Http404."""
    labels = list(visible(user, Label.objects.select_related("project")).filter(project=project_id))
    project = labels[0].project if labels else fetch(user, Project, project_id)
    return project, labels


def lead(request: HttpRequest, address: str) -> HttpResponse:
    """To the page with what looks like what was sent."""
    address = f"{address}?{forms.posted(request)}"
    return HttpResponseClientRedirect(address) if request.htmx else redirect(address)


def answer(request: HttpRequest, values: dict, images: QuerySet[Image], search: finding.Search) -> HttpResponse:
    """The page: with what was found, with why nothing can be said, or to begin with."""
    asked = forms.read(request.GET)
    values |= {"asked": asked, "counts": forms.COUNTS}
    if not asked:
        return render(request, "similar/find.html", values | {"first": finding.first_pictures(values["labels"])})
    values["question"] = finding.question(asked, images, values["labels"])
    try:
        values["found"] = finding.find(asked, values["question"], search)
    except UserError as error:
        page = render(request, "similar/find.html", values | {"error": error, "is_passing": error.code in NOT_YET}, status=error.status)
        return waiting(page, error)
    return render(request, "similar/find.html", values)
