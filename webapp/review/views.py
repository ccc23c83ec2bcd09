"""The review page: how the labels stand, what the last check found, and all pictures in a grid."""

from urllib.parse import urlencode
from uuid import UUID

from django.db.models import Count
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_POST

from webapp.images.models import Image
from webapp.projects.models import Label, Project
from webapp.projects.rules import EDIT, fetch
from webapp.review import queries, services
from webapp.review.cells import cell
from webapp.review.suspects import suspects
from webapp.review.words import for_scripts

PLAIN = 60  # pictures on one page without JavaScript
CHUNK = 500  # pictures that the grid asks for at once
WRONG = "wrong_label"
TABS = (
    ("all", _("All")),
    ("set_aside", _("Set aside pictures")),
    ("duplicate", _("Near duplicates")),
    ("off_topic", _("Something else")),
    ("flagged", _("Blurred, tiny or empty")),
    (WRONG, _("Probably wrong label")),
)
# Labels with a digit, and labels whose bars are shown at once: the others are behind one press
PARTS = {"keys": ":9", "more": "9:", "bars": ":12", "rest": "12:"}
NOBODY = UUID(int=0)  # stands in addresses where the scripts put the id of a picture


@require_GET
def review(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """The page. Its first pictures are there without JavaScript, those of one label at a time; the grid fetches them for itself."""
    project = fetch(request.user, Project, project_id)
    values = summed_up(request, project)
    shown = first_label(values)
    page = find(project, shown, values["show"], request.GET.get("after"), PLAIN) if shown or values["show"] == WRONG else queries.Page([], "")
    return render(request, "review/review.html", values | {"page": page, "next": next_page(values, shown, page), "words": for_scripts(), "cells": label_cells(values["labels"]), "nobody": NOBODY})


@require_GET
def pictures(request: HttpRequest, project_id: UUID) -> JsonResponse:
    """Some pictures for the grid, in its order, and the word with which to ask for more ("" at the end)."""
    project = fetch(request.user, Project, project_id)
    label, show = asked_label(request, project), request.GET.get("show", "all")
    page = find(project, label, show, request.GET.get("after"), CHUNK)
    return JsonResponse({"pictures": [cell(image) for image in page.items], "next": page.next})


@require_GET
def summary(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """The numbers of the page, to be swapped in where they stand."""
    project = fetch(request.user, Project, project_id)
    return render(request, "review/_summary.html", summed_up(request, project) | {"oob": True})


@require_GET
def progress(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """How far the newest check is; tells the page when it has ended."""
    project = fetch(request.user, Project, project_id)
    newest = project.checks.first()
    response = render(request, "review/_check.html", {"project": project, "check": newest})
    if newest and not newest.is_live:
        response["HX-Trigger"] = "review-checked"
    return response


@require_GET
def line(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """The line about the review on step 1; tells that page when a check has ended, because pictures may have been set aside."""
    project = fetch(request.user, Project, project_id)
    counts = dict(project.images.order_by().values_list("status").annotate(number=Count("*")))
    values = queries.line(project, counts.get(Image.READY, 0), counts.get(Image.SET_ASIDE, 0))
    response = render(request, "review/_line.html", values)
    if not values["is_checking"]:
        response["HX-Trigger"] = "pictures-changed"
    return response


@require_POST
def check(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Look through all pictures now."""
    project = fetch(request.user, Project, project_id, EDIT)
    newest = services.request_check(project=project, language=get_language() or "")
    if request.htmx:
        return render(request, "review/_check.html", {"project": project, "check": newest})
    return redirect("review:review", project.id)


def find(project: Project, label: Label | None, show: str, after: str | None, limit: int) -> queries.Page:
    """Pictures in the order of the grid: by label; those whose label is in doubt, the most doubtful first."""
    if show == WRONG:
        return suspects(project, label=label, after=after, limit=limit)
    return queries.grid(project, label=label, show=show, after=after, limit=limit)


def summed_up(request: HttpRequest, project: Project) -> dict:
    """What the numbers of the page are made of, in four queries."""
    show = request.GET.get("show")
    show = show if show in dict(TABS) else "all"
    balance = queries.balance(project)
    labels = [row.label for row in balance.rows]
    chosen = next((row for row in balance.rows if str(row.label.id) == request.GET.get("label")), None)
    counts = chosen.counts if chosen else balance.counts
    return {
        "project": project,
        "balance": balance,
        "full": max([balance.most, *(row.target for row in balance.rows)]),
        "labels": labels,
        "label": chosen.label if chosen else None,
        "show": show,
        "total": counts[show],
        "tabs": [{"show": key, "name": name, "count": counts[key]} for key, name in TABS],
        "check": project.checks.first(),
    } | PARTS


def label_cells(labels: list[Label]) -> list[dict]:
    return [{"id": str(label.id), "name": label.name, "hue": label.hue} for label in labels]


def first_label(values: dict) -> Label | None:
    """The label whose pictures are shown without JavaScript: the chosen one, or the first that has some; doubts are shown of all labels at once."""
    if values["label"] or values["show"] == WRONG:
        return values["label"]
    return next(iter(with_pictures(values)), None)


def next_page(values: dict, shown: Label | None, page: queries.Page) -> str:
    """The address of what comes after a page of pictures: more of the label, or the next label that has some; "" at the end."""
    if page.next:
        return address(values, shown, page.next)
    labels = with_pictures(values)
    later = labels[labels.index(shown) + 1 :] if shown in labels and values["show"] != WRONG else []
    return address(values, later[0]) if later else ""


def with_pictures(values: dict) -> list[Label]:
    return [row.label for row in values["balance"].rows if row.counts[values["show"]]]


def address(values: dict, label: Label | None, after: str = "") -> str:
    query = {"show": values["show"]} | ({"label": label.id} if label else {}) | ({"after": after} if after else {})
    return reverse("review:review", args=[values["project"].id]) + "?" + urlencode(query)


def asked_label(request: HttpRequest, project: Project) -> Label | None:
    """The label that the address names, if it has one of this project."""
    try:
        return project.labels.filter(id=UUID(request.GET.get("label", ""))).first()
    except ValueError:
        return None
