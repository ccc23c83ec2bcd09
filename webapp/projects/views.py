"""The first page, a person's own AIs, and what can be done to a project and its labels."""

from uuid import UUID

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from webapp.accounts.services import person
from webapp.core.errors import UserError
from webapp.core.toasts import say
from webapp.projects import queries, services
from webapp.projects.forms import AddLabelsForm, FrontForm, RenameForm
from webapp.projects.ideas import IDEAS
from webapp.projects.models import Label, Project
from webapp.projects.rules import EDIT, OWN, fetch

FRONT_SHOWS = 4  # of a person's own AIs; the rest are one press away


@require_http_methods(["GET", "HEAD", "POST"])
def front(request: HttpRequest) -> HttpResponse:
    """What this is, in a sentence, and the one field to start with; a POST makes the project and goes to step 1."""
    form = FrontForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        project = services.create_project(owner=person(request), labels=form.cleaned_data["labels"])
        return redirect("images:project", project.id)
    typed = request.POST.get("labels") or request.GET.get("labels", "")
    mine = own(request)[: FRONT_SHOWS + 1]
    values = {"form": form, "typed": typed[:5000], "ideas": IDEAS, "mine": mine[:FRONT_SHOWS], "more": len(mine) > FRONT_SHOWS}
    return render(request, "projects/front.html", values, status=422 if form.errors else 200)


@require_GET
def mine(request: HttpRequest) -> HttpResponse:
    """The AIs of this person, newest first."""
    return render(request, "projects/mine.html", {"projects": own(request)})


def own(request: HttpRequest) -> QuerySet[Project]:
    """The projects of this person with what their cards show."""
    return queries.mine(request.user).prefetch_related("labels")


@require_GET
def settings(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """What can be chosen for a project: a card of each room that has something to choose."""
    project = fetch(request.user, Project, project_id, EDIT)
    return render(request, "projects/settings.html", {"project": project, "owns": project.owner_id == request.user.id})


@require_POST
def add_labels(request: HttpRequest, project_id: UUID) -> HttpResponse:
    project = fetch(request.user, Project, project_id, EDIT)
    names = checked(AddLabelsForm(request.POST))["labels"]
    before = project.labels.count()
    services.add_labels(project=project, names=names)
    added = project.labels.count() - before
    say(request, ngettext("Added %(count)d label", "Added %(count)d labels", added) % {"count": added} if added else _("Those labels are there already."))
    return redirect(step_one(project))


@require_POST
def edit(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Give the project another name."""
    project = fetch(request.user, Project, project_id, EDIT)
    services.update_project(project=project, name=checked(RenameForm(request.POST))["name"])
    say(request, _("The new name is kept."))
    return redirect(step_one(project))


@require_POST
def delete(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Delete a project for good: its pictures, runs and models too."""
    project = fetch(request.user, Project, project_id, OWN)
    name = project.name
    services.delete_project(project=project)
    say(request, _("“%(name)s” is deleted, with its pictures.") % {"name": name})
    return redirect("projects:mine")


@require_POST
def rename_label(request: HttpRequest, label_id: UUID) -> HttpResponse:
    label = fetch(request.user, Label, label_id, EDIT)
    services.rename_label(label=label, name=checked(RenameForm(request.POST))["name"])
    return redirect(step_one(label.project, label))


@require_POST
def remove_label(request: HttpRequest, label_id: UUID) -> HttpResponse:
    """Remove a label with its pictures; the page asks before."""
    label = fetch(request.user, Label, label_id, EDIT)
    project, name = label.project, label.name
    services.remove_label(label=label)
    say(request, _("The label “%(name)s” is removed.") % {"name": name})
    return redirect(step_one(project))


def checked(form: forms.Form) -> dict:
    """The cleaned values of a form, or its first complaint as a UserError."""
    if form.is_valid():
        return form.cleaned_data
    field, complaints = next(iter(form.errors.items()))
    raise UserError(complaints[0], field=field)


def step_one(project: Project, label: Label | None = None) -> str:
    """The address of step 1, at a label when one is given."""
    return reverse("images:project", args=[project.id]) + (f"#label-{label.id}" if label else "")
