"""A closer look at what a run said to its test pictures. Everything is a link, so that it works without JavaScript; with it, htmx swaps the part that a link is about."""

from urllib.parse import urlencode
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from webapp.core.errors import UserError
from webapp.projects.rules import fetch
from webapp.training.evaluation import SHOWN, SORTS, Evaluation, Shot, calibration
from webapp.training.models import Run

ROWS = Run.objects.select_related("project").defer("snapshot", "log")
FEW = 6  # labels whose table stands beside something else
MANY = 15  # labels from which the heads of columns stand upright


@never_cache
@require_GET
def evaluation(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """The page, or the part that htmx asks for: ?picture= a card, ?look= the heat of a picture, ?actual=&said= a cell, ?wrong= more mistakes, ?sort= the scores."""
    run = fetch(request.user, ROWS, run_id)
    if not run.evaluation or not run.evaluation.get("confusion"):
        raise UserError(_("This run has no evaluation yet. It comes when the training has ended."), code="no_evaluation", status=409)
    known = Evaluation(run, list(run.project.labels.all()))
    values = {"run": run, "project": run.project, "known": known, "several": len(known.labels) > 2}
    parts = [part for name, part in PARTS.items() if name in request.GET] if request.htmx else []
    return (parts[0] if parts else page)(request, known, values)


def page(request: HttpRequest, known: Evaluation, values: dict) -> HttpResponse:
    facts, count = known.facts, len(known.names)
    cell, wrong, looked = chosen_cell(request, known), known.mistakes(), asked_picture(request, "look")
    start = number(request, "wrong")
    known.fetch_images(wrong[start : start + SHOWN] + (cell["answers"][:SHOWN] if cell else []))
    part = known.part(wrong, start)
    chosen = cell_values(request, known, cell)
    context = values | chosen | {
        "is_changed": part.is_changed or bool(cell and chosen["cell"]["part"].is_changed),
        "rows": known.rows(),
        "size": "few" if count <= FEW else "many" if count <= MANY else "huge",
        "mistakes": part,
        "more": f"wrong={part.next}",
        "shot": known.find(looked) if looked else None,
        "scores": score_values(request, known),
        "right": round(facts["accuracy"] * known.run.val_images),
        "cross": facts.get("cross_validation"),
        "is_picked": known.run.config.get("patience", 0) > 0,
        "calibration": calibration(facts),
    }
    return render(request, "training/evaluation.html", context)


def card(request: HttpRequest, known: Evaluation, values: dict) -> HttpResponse:
    """One picture after something was done to it, wherever it stands on the page; with what is said about that."""
    found = found_shot(request, known, "picture")
    return render(request, "training/_evaluation_changed.html", values | {"shot": found})


def look(request: HttpRequest, known: Evaluation, values: dict) -> HttpResponse:
    return render(request, "training/_evaluation_look.html", values | {"shot": found_shot(request, known, "look")})


def cell(request: HttpRequest, known: Evaluation, values: dict) -> HttpResponse:
    chosen = chosen_cell(request, known)
    if chosen is None:
        raise Http404
    template = "_evaluation_shots" if number(request, "from") else "_evaluation_cell"
    context = values | cell_values(request, known, chosen)
    return render(request, f"training/{template}.html", context | {"part": context["cell"]["part"], "more": context["cell"]["more"]})


def mistakes(request: HttpRequest, known: Evaluation, values: dict) -> HttpResponse:
    part = known.part(known.mistakes(), number(request, "wrong"))
    return render(request, "training/_evaluation_shots.html", values | {"part": part, "more": f"wrong={part.next}"})


def scores(request: HttpRequest, known: Evaluation, values: dict) -> HttpResponse:
    return render(request, "training/_evaluation_scores.html", values | {"scores": score_values(request, known)})


PARTS = {"picture": card, "look": look, "actual": cell, "wrong": mistakes, "sort": scores}


def chosen_cell(request: HttpRequest, known: Evaluation) -> dict | None:
    """The cell that the address names by the places of two labels."""
    actual, said = (number(request, name, len(known.names)) for name in ("actual", "said"))
    if max(actual, said) >= len(known.names):
        return None
    return {"actual": known.names[actual], "said": known.names[said], "answers": known.cell(actual, said)}


def cell_values(request: HttpRequest, known: Evaluation, cell: dict | None) -> dict:
    if cell is None:
        return {"cell": None}
    part = known.part(cell["answers"], number(request, "from"))
    count = known.facts["confusion"][cell["actual"].place][cell["said"].place]
    more = urlencode({"actual": cell["actual"].place, "said": cell["said"].place, "from": part.next})
    return {"cell": cell | {"part": part, "more": more, "count": count}}


def score_values(request: HttpRequest, known: Evaluation) -> dict:
    """The rows in the asked order, and for each column where its head leads and how it is sorted."""
    sort = request.GET.get("sort", "")
    heads = [{"column": column, "to": f"-{column}" if sort == column else column, "sorted": {column: "ascending", f"-{column}": "descending"}.get(sort, "")} for column in SORTS]
    return {"rows": known.scores(sort), "heads": {head["column"]: head for head in heads}}


def found_shot(request: HttpRequest, known: Evaluation, name: str) -> Shot:
    asked = asked_picture(request, name)
    found = known.find(asked) if asked else None
    if found is None:
        raise Http404
    return found


def asked_picture(request: HttpRequest, name: str) -> UUID | None:
    try:
        return UUID(request.GET.get(name, ""))
    except ValueError:
        return None


def number(request: HttpRequest, name: str, otherwise: int = 0) -> int:
    """A whole number of the address."""
    text = request.GET.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 8 else otherwise
