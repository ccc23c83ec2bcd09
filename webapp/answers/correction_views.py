"""Putting an answer right, and watching what comes of it."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from webapp.answers import corrections, flips, keeping
from webapp.answers.models import Answer, Correction
from webapp.answers.progress import progress, with_result
from webapp.core import store
from webapp.core.errors import UserError
from webapp.core.toasts import say
from webapp.projects.models import Project
from webapp.projects.rules import EDIT, fetch, may_edit
from webapp.serving.models import Model
from webapp.serving.services import MAX_PICTURE_BYTES
from webapp.training.models import Run


@require_POST
def correct(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Say what a picture shows: `new_label` or `label`, of `answer` (a kept one) or of the file `image`, about which `model` was wrong."""
    project = fetch(request.user, Project.objects.select_related("owner"), project_id, EDIT)
    label = request.POST.get("new_label", "").strip() or request.POST.get("label", "")
    answer = chosen(keeping.current(project).select_related("model"), request.POST.get("answer", ""))
    model = answer.model if answer else chosen(Model.objects.filter(project=project), request.POST.get("model", ""))
    row = corrections.correct(project=project, user=request.user, label=label, picture=picture_of(request, answer), model=model, answer=answer)
    if request.htmx:
        return render(request, "answers/_correction.html", {"shown": progress(row), "may": True}, status=201)
    return redirect("answers:correction", row.id)


@never_cache
@require_GET
def correction(request: HttpRequest, correction_id: UUID) -> HttpResponse:
    """How far a correction is, and what came of it."""
    row = fetch(request.user, rows(), correction_id)
    shown = with_result(progress(row))
    template = "answers/_correction.html" if request.htmx else "answers/correction.html"
    return render(request, template, {"shown": shown, "project": row.project, "may": may_edit(request.user, row.project)})


@require_POST
def compare(request: HttpRequest, correction_id: UUID) -> HttpResponse:
    """Which answers changed among the pictures (`image`, several) that a page remembers; they are looked at and kept nowhere."""
    row = fetch(request.user, rows(), correction_id)
    new = Model.objects.filter(run=row.run_id).first() if row.run_id else None
    if new is None or row.model is None:
        raise UserError(_("There is nothing to compare yet."), code="not_ready", status=409)
    files = request.FILES.getlist("image")[: flips.MOST_POSTED]
    found = flips.of_posted(row.model, new, (file.read(MAX_PICTURE_BYTES + 1) for file in files))
    return render(request, "answers/_flips.html", {"flips": found, "asked": len(files)})


@require_POST
def undo(request: HttpRequest, correction_id: UUID) -> HttpResponse:
    """Take a correction back."""
    row = fetch(request.user, rows(), correction_id, EDIT)
    corrections.undo(correction=row, user=request.user)
    row = rows().get(id=row.id)
    if request.htmx:
        return render(request, "answers/_correction.html", {"shown": progress(row), "may": True})
    say(request, progress(row).words)
    return redirect("answers:correction", row.id)


def rows():
    """Corrections with what their pages show."""
    models = Correction.objects.select_related("project__owner", "run", "model", "label")
    return models.defer(*Run.BIG_OF_RUN)


def chosen(found, text: str):
    """The row of that id among these, or None."""
    try:
        return found.filter(id=UUID(text)).first()
    except ValueError:
        return None


def picture_of(request: HttpRequest, answer: Answer | None) -> bytes:
    """The picture that the correction is about. Raises UserError."""
    file = request.FILES.get("image")
    if file:
        return file.read(MAX_PICTURE_BYTES + 1)
    if answer is None:
        raise UserError(_("Choose a picture first: a JPG or PNG file."), code="no_picture", field="image")
    try:
        return store.get(answer.file_name)
    except FileNotFoundError as error:
        raise UserError(_("That picture cannot be read any more."), code="no_picture", field="image") from error
