"""Step 2: start a run, watch it, compare runs."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from webapp.core.errors import UserError
from webapp.core.toasts import say
from webapp.projects.models import Project
from webapp.projects.rules import EDIT, fetch
from webapp.training import queries, services, words
from webapp.training.forms import StartForm
from webapp.training.models import Epoch, Preview, Run
from webapp.training.offers import offers
from webapp.training.report import report

LISTED = 50  # runs on a page, newest first
FIRST_SHOWN = 3  # runs whose curves are drawn before anybody chose
SMALL = Run.objects.select_related("project").defer(*Run.BIG)
ROWS = Run.objects.select_related("model", "project", "again_of").defer("answers", "snapshot", *(f"again_of__{name}" for name in Run.BIG))
EPOCH = [field.name for field in Epoch._meta.fields if field.name not in ("id", "run")]


@never_cache
@require_GET
def runs(request: HttpRequest, project_id) -> HttpResponse:
    """The start form, all runs, and the curves of those that are chosen."""
    return runs_page(request, fetch(request.user, Project, project_id), StartForm())


@require_POST
def start(request: HttpRequest, project_id) -> HttpResponse:
    """Start a run, or go to the one that is live already; pressing twenty times makes one run."""
    project = fetch(request.user, Project, project_id, EDIT)
    form = StartForm(request.POST)
    if not form.is_valid():
        return runs_page(request, project, form, status=422)
    try:
        run, created = services.start(project=project, preset=form.cleaned_data["preset"] or "auto", settings=form.changed(), user=request.user)
    except UserError as error:
        form.refuse(error)
        return runs_page(request, project, form, status=error.status)
    if not created:
        say(request, _("A run is learning already; here it is."))
    return redirect("training:run", run.id)


@never_cache
@require_GET
def run(request: HttpRequest, run_id) -> HttpResponse:
    """One run, live or ended. All that is known is in the page; its module asks for what comes after."""
    row = fetch(request.user, ROWS, run_id)
    rows = list(queries.runs(row.project)[:LISTED])
    context = {
        "run": row,
        "project": row.project,
        "runs": rows,
        "shown": shown(request, rows) | {row.number} if "show" in request.GET else {row.number},
        "epochs": list(queries.epochs(row).values(*EPOCH)),
        "counts": queries.label_counts(row),
        "report": report(row),
        "words": words.live_words(),
    }
    return render(request, "training/run.html", context)


@require_POST
def cancel(request: HttpRequest, run_id) -> HttpResponse:
    """Stop a run; what was learned before is untouched."""
    row = fetch(request.user, SMALL, run_id, EDIT)
    services.cancel(run=row)
    return redirect("training:queue") if request.POST.get("back") == "queue" else redirect("training:run", row.id)


def runs_page(request: HttpRequest, project: Project, form: StartForm, status: int = 200, preview: Preview | None = None) -> HttpResponse:
    rows, labels = list(queries.runs(project)[:LISTED]), list(services.counted(project))
    live, lacking = next((row for row in rows if row.is_live), None), services.missing(labels)
    starred = [row for row in rows if row.is_starred]
    context = {
        "project": project,
        "form": form,
        "starred": "starred" in request.GET,
        "any_starred": bool(starred),
        "offers": [] if live or lacking else offers(form, labels),
        "preview": preview,
        "asked": request.resolver_match.url_name == "preview",
        "missing": lacking,
        "left_out": services.left_out(labels),
        "runs": starred if "starred" in request.GET else rows,
        "live": live,
        "shown": shown(request, rows),
        "words": words.live_words(),
    }
    return render(request, "training/runs.html", context, status=status)


def shown(request: HttpRequest, rows: list[Run]) -> set[int]:
    """The numbers of the runs whose curves are drawn: those of ?show=4-2, else the newest that have curves."""
    chosen = request.GET.get("show")
    if chosen is None:
        return {row.number for row in [row for row in rows if row.best or row.is_live][:FIRST_SHOWN]}
    return {int(number) for number in chosen.split("-") if number.isdecimal() and len(number) < 9}
