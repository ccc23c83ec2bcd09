"""Step 3: ask a model. The page's module and a form without JavaScript post to the same address."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from webapp.core.errors import UserError
from webapp.projects.models import Project
from webapp.projects.rules import fetch
from webapp.serving import services
from webapp.serving.answer import answer_of
from webapp.serving.forms import PictureForm
from webapp.serving.models import Model
from webapp.training.models import Run

LISTED = 20  # models to choose from, newest first
TOP = 8  # bars of an answer


@never_cache
@require_http_methods(["GET", "POST"])
def try_project(request: HttpRequest, project_id) -> HttpResponse:
    """Ask the model that a project has published."""
    project = fetch(request.user, Project, project_id)
    return try_page(request, project, services.published_model(project))


@never_cache
@require_http_methods(["GET", "POST"])
def try_model(request: HttpRequest, model_id) -> HttpResponse:
    """Ask one model, published or not."""
    rows = Model.objects.select_related("project", "run").defer(*Run.BIG_OF_RUN)
    model = fetch(request.user, rows, model_id)
    return try_page(request, model.project, model)


def try_page(request: HttpRequest, project: Project, model: Model | None) -> HttpResponse:
    if request.method == "GET":
        return page(request, project, model)
    try:
        said = ask(request, model)
    except UserError as error:
        return page(request, project, model, error=error)
    return page(request, project, model, **said)


def ask(request: HttpRequest, model: Model | None) -> dict:
    """The posted picture and the answer about it; raises UserError."""
    if model is None:
        raise UserError(_("This AI has not learned anything yet. Train it first."), code="no_model", status=409)
    form = PictureForm(request.POST, request.FILES)
    if not form.is_valid():
        raise UserError(form.errors["image"][0], field="image")
    data = form.cleaned_data["image"].read(services.MAX_PICTURE_BYTES + 1)  # one byte more, so that the service sees that it is too large
    return {"picture": data, "answer": answer_of(services.predict(model=model, data=data, top=TOP))}


def page(
    request: HttpRequest, project: Project, model: Model | None, *, picture: bytes = b"", answer: dict | None = None, error: UserError | None = None
) -> HttpResponse:
    """The page, or only what goes on the board when the page's module asks."""
    status = error.status if error else 200
    if request.htmx:
        return render(request, "serving/_answer.html", {"project": project, "model": model, "answer": answer, "picture": picture, "error": error}, status=status)
    newest = Model.objects.filter(project=project).select_related("run").defer(*Run.BIG_OF_RUN)[:LISTED]
    models = sorted(newest, key=lambda row: not row.published)
    context = {
        "project": project,
        "model": next((row for row in models if model and row.id == model.id), model),
        "models": models,
        "live": project.runs.filter(active=True).defer(*Run.BIG).first(),
        "answer": answer,
        "picture": picture,
        "error": error,
    }
    return render(request, "serving/try.html", context, status=status)
