"""Step 3 with a camera: the page, and the files of a model for a browser that runs it itself."""

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.http import require_GET

from trainer.bundle import NOVELTY
from trainer.standalone.novelty import Novelty
from webapp.core import store
from webapp.core.errors import UserError
from webapp.core.headers import FILE_HEADERS
from webapp.core.sending import FOR_GOOD, Parcel, send
from webapp.live import isolation
from webapp.live.templatetags.live_tags import camera_context, place_of
from webapp.projects.models import Project
from webapp.projects.rules import fetch
from webapp.serving.familiar import packed
from webapp.serving.models import Model
from webapp.serving.services import published_model
from webapp.training.models import Run


@never_cache
@require_GET
def project_camera(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """The live camera with the model that a project has published."""
    project = fetch(request.user, Project, project_id)
    return page(request, project, published_model(project))


@never_cache
@require_GET
def model_camera(request: HttpRequest, model_id: UUID) -> HttpResponse:
    """The live camera with one model, published or not."""
    rows = Model.objects.select_related("project", "run").defer(*Run.BIG_OF_RUN)
    model = fetch(request.user, rows, model_id)
    return page(request, model.project, model)


def page(request: HttpRequest, project: Project, model: Model | None) -> HttpResponse:
    context = {"project": project, "model": model, "labels": list(project.labels.all())}
    if model:
        model.project = project
        context |= camera_context(request, model, place_of(model)) | {"runs_here": True}
    response = render(request, "live/camera.html", context)
    for name, value in isolation.HEADERS.items():
        response[name] = value
    return response


@require_GET
def network(request: HttpRequest, model_id: UUID) -> HttpResponseBase:
    """The ONNX file of a model; it never changes under its address. Only for whoever may see the project: sharing an AI gives away answers, not the AI."""
    model = fetch(request.user, Model, model_id)
    try:
        return send(request, Parcel(f"{model.folder}/model.onnx", "application/octet-stream", FOR_GOOD))
    except Http404 as error:
        raise UserError(_("The file of this model is gone. Train again to make a new one."), code="gone", status=410) from error


@require_GET
@cache_control(private=True, no_cache=True)
def familiar(request: HttpRequest, model_id: UUID) -> HttpResponse:
    """What the model needs to say "none of these"; 204 for an older model, which never says it."""
    model = fetch(request.user, Model, model_id)
    if NOVELTY not in model.files:
        return HttpResponse(status=204)
    with open(store.local_path(f"{model.folder}/{NOVELTY}"), "rb") as file:
        content = packed(Novelty.read(file), model.keep)
    return HttpResponse(content, content_type="application/octet-stream", headers=FILE_HEADERS)
