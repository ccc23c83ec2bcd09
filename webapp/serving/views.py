"""Step 3: ask a model. The page's modules and a form without JavaScript post to the same address."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from webapp.core.errors import UserError
from webapp.core.headers import FILE_HEADERS
from webapp.images.guard import kind
from webapp.projects.models import Project
from webapp.projects.rules import fetch
from webapp.serving import answer_table, asking, services
from webapp.serving.models import Model
from webapp.training.models import Run

LISTED = 20  # models to choose from, newest first
MOST = 300  # pictures that the page's modules ask about in a row


@never_cache
@require_http_methods(["GET", "POST"])
def try_project(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Ask the model that a project has published."""
    project = fetch(request.user, Project, project_id)
    return try_page(request, project, services.published_model(project))


@never_cache
@require_http_methods(["GET", "POST"])
def try_model(request: HttpRequest, model_id: UUID) -> HttpResponse:
    """Ask one model, published or not."""
    rows = Model.objects.select_related("project", "run").defer(*Run.BIG_OF_RUN)
    model = fetch(request.user, rows, model_id)
    return try_page(request, model.project, model)


@never_cache
@require_POST
def bring(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """The picture at an address of the web, for the page that asks: its browser shows it and asks about it like about any other."""
    fetch(request.user, Project, project_id)
    url = request.POST.get("url", "").strip()
    picture = asking.fetched(request, url)
    return HttpResponse(picture, content_type=f"image/{kind(picture[:512])}", headers=FILE_HEADERS)


def try_page(request: HttpRequest, project: Project, model: Model | None) -> HttpResponse:
    if request.method == "GET":
        return page(request, project, model)
    try:
        if "table" in request.POST:
            return csv_answer(request.POST["table"])
        return page(request, project, model, **answered(request, model))
    except UserError as error:
        return page(request, project, model, error=error)


def answered(request: HttpRequest, model: Model | None) -> dict:
    """What the page shows of the answers about the posted pictures: one on the board, several as a table. Raises UserError."""
    if model is None:
        raise UserError(_("This AI has not learned anything yet. Train it first."), code="no_model", status=409)
    lines, picture = [], b""
    for name, picture in asking.posted(request):
        lines.append(asking.ask(model, name, picture))
    if len(lines) == 1:
        return {"picture": picture, "answer": lines[0].answer, "error": lines[0].error}
    return {"lines": lines, "sealed": answer_table.sealed(answer_table.cells(model.labels, lines))}


def csv_answer(text: str) -> HttpResponse:
    answer = HttpResponse(answer_table.csv_file(answer_table.opened(text)), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="answers.csv"'
    return answer


def page(request: HttpRequest, project: Project, model: Model | None, **said) -> HttpResponse:
    """The page, or only what goes on the board when the page's modules ask; `said` is what there is to tell: error, or what `answered` gave."""
    status = said["error"].status if said.get("error") else 200
    if request.htmx:
        return render(request, "serving/_answer.html", {"project": project, "model": model, **said}, status=status)
    newest = Model.objects.filter(project=project).select_related("run").defer(*Run.BIG_OF_RUN)[:LISTED]
    models = sorted(newest, key=lambda row: not row.published)
    context = {
        "project": project,
        "model": next((row for row in models if model and row.id == model.id), model),
        "models": models,
        "live": None if model else project.runs.filter(active=True).defer(*Run.BIG).first(),
        "most": MOST,
    }
    return render(request, "serving/try.html", context | said, status=status)
