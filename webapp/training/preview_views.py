"""A look at varied pictures beside the start form: ask for it, see it come, and the pictures."""

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from trainer.config import TrainConfig
from webapp.core.sending import send
from webapp.images.file_views import jpeg
from webapp.images.models import Image
from webapp.projects.models import Project
from webapp.projects.rules import EDIT, fetch
from webapp.training import previews, services
from webapp.training.forms import StartForm
from webapp.training.models import Preview
from webapp.training.offers import offers as offered
from webapp.training.views import runs_page


@require_POST
def offers(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """The ways to train with their times for the options as they are filled in: a part of the page for htmx, else the whole page."""
    project, form = fetch(request.user, Project, project_id, EDIT), StartForm(request.POST)
    if not request.htmx:
        return runs_page(request, project, form)
    return render(request, "training/_offers.html", {"offers": offered(form, list(services.counted(project)))})


@require_POST
def start(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Have the pictures varied as the form says: a part of the page for htmx, else the whole page with the form as it was filled in."""
    project, form = fetch(request.user, Project, project_id, EDIT), StartForm(request.POST)
    preview = wanted(project, form)
    if request.htmx:
        return render(request, "training/_preview.html", {"project": project, "preview": preview, "asked": True})
    return runs_page(request, project, form, preview=preview)


@never_cache
@require_GET
def progress(request: HttpRequest, preview_id: UUID) -> HttpResponse:
    """How far a preview is: a part of the page for htmx."""
    row = fetch(request.user, previews.fresh().select_related("project"), preview_id)
    if not request.htmx:
        return redirect("training:runs", row.project_id)
    return render(request, "training/_preview.html", {"project": row.project, "preview": row, "asked": True})


@require_GET
def picture(request: HttpRequest, preview_id: UUID, place: int) -> HttpResponseBase:
    """One varied picture, as long as the picture that it was made of is there."""
    row = fetch(request.user, previews.fresh().filter(status=Preview.DONE), preview_id)
    if place >= len(row.sources) or not Image.objects.filter(id=row.sources[place], project=row.project_id).exists():
        raise Http404
    return send(request, jpeg(row.file_name(place)))


def wanted(project: Project, form: StartForm) -> Preview | None:
    """The preview that a form asks for, by what was filled in or what the preset says; None when pictures are to stay as they are."""
    form.is_valid()
    preset = form.cleaned_data.get("preset") or "auto"
    usual = TrainConfig.from_dict({"preset": "balanced" if preset == "auto" else preset})
    augment, size = form.cleaned_data.get("augment") or usual.augment, form.cleaned_data.get("image_size") or usual.image_size
    if augment == "none" or preset == "quick":
        return None
    return previews.start(project=project, augment=augment, image_size=size)
