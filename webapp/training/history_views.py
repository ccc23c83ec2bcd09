"""What a person does with runs that have ended, by plain forms, and what they take away of one."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from webapp.core.toasts import say
from webapp.core.ways_back import way_back
from webapp.projects.rules import EDIT, fetch
from webapp.training import history
from webapp.training.models import Run

SMALL = Run.objects.select_related("project").defer(*Run.BIG)


@require_POST
def change(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Name a run (`name`) or star it (`starred`: yes or no), and back to where the form was."""
    run = fetch(request.user, SMALL, run_id, EDIT)
    if "name" in request.POST:
        history.rename(run=run, name=request.POST["name"])
    if "starred" in request.POST:
        history.star(run=run, starred=request.POST["starred"] == "yes")
    return redirect(way_back(request, reverse("training:run", args=[run.id])))


@require_POST
def again(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Train like a run again: on the pictures of today, or (`pictures`: same) on the very same."""
    run = fetch(request.user, Run.objects.select_related("project").defer("evaluation", "answers", "log"), run_id, EDIT)
    train = history.again_with_same_pictures if request.POST.get("pictures") == "same" else history.again
    made, created = train(run=run, user=request.user)
    if not created:
        say(request, _("A run is learning already; here it is."))
    return redirect("training:run", made.id)


@require_GET
def metrics(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """The epochs of a run as a CSV file."""
    run = fetch(request.user, SMALL, run_id)
    return file(history.metrics_csv(run), "text/csv", f"run-{run.number}-metrics.csv")


@require_GET
def log(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """The log of a run as a text file."""
    run = fetch(request.user, Run.objects.only("number", "log"), run_id)
    return file(run.log + "\n", "text/plain", f"run-{run.number}-log.txt")


def file(text: str, kind: str, name: str) -> HttpResponse:
    """A file to keep."""
    answer = HttpResponse(text, content_type=f"{kind}; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    answer["Cache-Control"] = "private, no-cache"
    return answer
