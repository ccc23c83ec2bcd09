"""Which model answers: the list of them, putting one in use, going back, and what becomes of the next one."""

from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import HttpResponseClientRedirect

from webapp.core.toasts import say
from webapp.core.ways_back import way_back
from webapp.projects.models import Project
from webapp.projects.rules import EDIT, fetch
from webapp.projects.services import update_project
from webapp.serving import switching
from webapp.serving.models import Model, Publication
from webapp.serving.packing_words import packing
from webapp.training.models import Run

LISTED = 50  # models, newest first
TOLD = 20  # changes of what answers


@never_cache
@require_GET
def models(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """The models of a project, which one is in use, and what was before."""
    project = fetch(request.user, Project, project_id)
    rows = list(Model.objects.filter(project=project).select_related("run", "variant").defer(*Run.BIG_OF_RUN)[:LISTED])
    history = list(switching.history(project)[: TOLD + 1])
    in_use = next((row for row in rows if row.published), None)
    values = {
        "project": project,
        "models": rows,
        "in_use": in_use,
        "periods": switching.periods(history)[:TOLD],
        "now": history[0] if history else None,
        "can_go_back": bool(history) and switching.may_go_back(history[0]),
    }
    return render(request, "serving/models.html", values)


@require_POST
def put_in_use(request: HttpRequest, model_id: UUID) -> HttpResponse:
    """Have a model answer from now on; the page that comes next offers to take that back."""
    model = fetch(request.user, Model.objects.select_related("run").defer(*Run.BIG_OF_RUN), model_id, EDIT)
    done = switching.put_in_use(model=model, by=request.user)
    say(request, _("%(run)s answers from now on.") % {"run": model.run.title}, undo=undo_address(request, done))
    return go_back(request, model.project_id)


@require_POST
def take_back(request: HttpRequest, publication_id: int) -> HttpResponse:
    """Have the model answer again that did before; that can be taken back as well."""
    publication = fetch(request.user, Publication, publication_id, EDIT)
    done = switching.take_back(publication=publication, by=request.user)
    say(request, told(done), undo=undo_address(request, done))
    return go_back(request, publication.project_id)


@require_POST
def publishing(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Choose what becomes of the model of a run that ends well."""
    project = fetch(request.user, Project, project_id, EDIT)
    update_project(project=project, publishing=request.POST.get("publishing", ""))
    say(request, _("Saved. It counts from the next training on."))
    return go_back(request, project.id)


def told(done: Publication | None) -> str:
    """What answers after a change was taken back."""
    if done is None:
        return _("It is as it was.")
    if done.model is None:
        return _("No model is in use now.")
    if done.packing:
        return _("%(run)s answers again, packed as %(packing)s.") % {"run": done.model.run.title, "packing": packing(done.packing)}
    return _("%(run)s answers again.") % {"run": done.model.run.title}


def undo_address(request: HttpRequest, done: Publication | None) -> str:
    """Where a change is taken back, and from where a person comes back to the page that it was made on; "" where nothing changed."""
    if done is None:
        return ""
    query = urlencode({"next": request.POST["next"]}) if request.POST.get("next") else ""
    return reverse("serving:take_back", args=[done.id]) + (f"?{query}" if query else "")


def go_back(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """To the page of ours that was named, or to the list of models."""
    place = way_back(request, reverse("serving:models", args=[project_id]))
    return HttpResponseClientRedirect(place) if request.htmx else redirect(place)
