"""Collecting from the web: start it, see how far it is, stop it."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from webapp.collect import services, words
from webapp.collect.models import Collection
from webapp.core.errors import UserError
from webapp.core.jobs import request_cancel
from webapp.core.toasts import say
from webapp.images.rows import shelf
from webapp.projects.models import Label, Project
from webapp.projects.names import squeeze
from webapp.projects.rules import EDIT, VIEW, fetch

AT_ONCE = 20  # labels that one press collects for


@require_POST
def start(request: HttpRequest, label_id: UUID) -> HttpResponse:
    """Ask for pictures of a label, by its name or by the words in `query`; what has several meanings is asked about first, unless somebody is `sure`."""
    label = fetch(request.user, Label, label_id, EDIT)
    query = request.POST.get("query", "").strip()
    if "sure" not in request.POST and len(words.meanings(query or label.name)) > 1:
        return show_words(request, label, query)
    row = services.start(label=label, query=query or words.best(label.name))
    return answer(request, row)


@require_GET
def other_words(request: HttpRequest, label_id: UUID) -> HttpResponse:
    """Other words to search with, for the name of a label or for those in `query`."""
    label = fetch(request.user, Label, label_id, EDIT)
    return show_words(request, label, squeeze(request.GET.get("query", ""))[: services.LONGEST_QUERY])


def show_words(request: HttpRequest, label: Label, query: str) -> HttpResponse:
    template = "collect/_helper.html" if request.htmx else "collect/helper.html"
    return render(request, template, helper(label, query) | {"project": label.project})


def helper(label: Label, query: str = "") -> dict:
    """What the part that offers other words shows."""
    text = query or label.name
    return {"label": label, "text": text, "meanings": words.by_any(text), "is_asking": len(words.meanings(text)) > 1, "key": words.key_of(text)}


@require_POST
def start_all(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Ask for pictures of every label that has too few to be trained with, is not being collected for already, and has one meaning."""
    project = fetch(request.user, Project, project_id, EDIT)
    live = set(project.collections.filter(status__in=Collection.LIVE).values_list("label_id", flat=True))
    short = [row.label for row in shelf(project).rows if row.needs and row.label.id not in live]
    unclear = [label for label in short if len(words.meanings(label.name)) > 1]
    started = start_each([label for label in short if label not in unclear][:AT_ONCE])
    if request.htmx:
        return render(request, "collect/_started.html", {"collections": rows().filter(id__in=started), "helpers": [helper(label) for label in unclear]})
    if unclear:
        say(request, _("%(labels)s can mean several things. Press Collect beside it to choose.") % {"labels": ", ".join(label.name for label in unclear)})
    return redirect("images:project", project.id)


def start_each(labels: list[Label]) -> list[UUID]:
    """Start a collection for each label; when the limit is reached on the way, those before it go on."""
    started: list[UUID] = []
    for label in labels:
        try:
            started.append(services.start(label=label, query=words.best(label.name)).id)
        except UserError:
            if not started:
                raise
            break
    return started


@require_GET
def collection(request: HttpRequest, collection_id: UUID) -> HttpResponse:
    """How far a collection is; only its panel for htmx."""
    row = fetch(request.user, rows(), collection_id, VIEW)
    response = show(request, row)
    if request.htmx and (not row.is_live or request.GET.get("seen") != str(row.accepted)):
        response["HX-Trigger"] = "pictures-changed"
    return response


@require_POST
def cancel(request: HttpRequest, collection_id: UUID) -> HttpResponse:
    """Stop a collection; the pictures it has brought stay."""
    row = fetch(request.user, rows(), collection_id, EDIT)
    request_cancel(row)
    return answer(request, row)


def rows():
    return Collection.objects.select_related("label", "project")


def answer(request: HttpRequest, row: Collection) -> HttpResponse:
    if request.htmx:
        return show(request, rows().get(id=row.id))
    return redirect("collect:collection", row.id)


def show(request: HttpRequest, row: Collection) -> HttpResponse:
    template = "collect/_collection.html" if request.htmx else "collect/collection.html"
    return render(request, template, {"collection": row, "project": row.project})
