"""What people do on the review page: by the grid, many changes in one request and each of them once; without JavaScript, one change by a form."""

from urllib.parse import urlencode
from uuid import UUID, uuid4

from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from webapp.accounts.models import User
from webapp.core.errors import UserError
from webapp.core.toasts import say
from webapp.core.ways_back import way_back
from webapp.images import services
from webapp.images.models import Image
from webapp.projects.models import Project
from webapp.projects.rules import EDIT, fetch
from webapp.review.cells import cell
from webapp.review.forms import UNDO, Change, read_form, read_json
from webapp.review.models import Step
from webapp.review.steps import find, remember, take_back
from webapp.review.words import in_words


@require_POST
def changes(request: HttpRequest, project_id: UUID) -> JsonResponse:
    """Do all changes in their order; {"done": [{"key", "error", "pictures"}]}: one that cannot be done has a sentence, an undo says how its pictures are now."""
    project = fetch(request.user, Project, project_id, EDIT)
    return JsonResponse({"done": [attempt(request.user, project, change) for change in read_json(request)]})


@require_POST
def change(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """One change by a plain form, and back to the page that it was sent from."""
    project = fetch(request.user, Project, project_id, EDIT)
    asked = read_form(request.POST)
    count = make(request.user, project, asked)
    again = "" if asked.do == "delete" else undo_address(request, project, asked.key)
    say(request, in_words(asked.do, count), undo=again)
    return go_back(request, project)


@require_POST
def undo(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Take a change back: `step`, or the latest of this person."""
    project = fetch(request.user, Project, project_id, EDIT)
    if not undone(request.user, project, request.GET.get("step")):
        raise UserError(_("There is nothing to take back."), code="nothing_to_undo")
    say(request, _("It is as it was."))
    return go_back(request, project)


def undo_address(request: HttpRequest, project: Project, step_id: UUID) -> str:
    """Where a change is taken back, and from where a person comes back to the page that the change was sent from."""
    query = {"step": step_id} | ({"next": request.POST["next"]} if request.POST.get("next") else {})
    return reverse("review:undo", args=[project.id]) + "?" + urlencode(query)


def go_back(request: HttpRequest, project: Project) -> HttpResponse:
    return redirect(way_back(request, reverse("review:review", args=[project.id])))


def attempt(user: User, project: Project, change: Change) -> dict:
    """What the grid is told of one change."""
    done = {"key": str(change.key), "error": None, "pictures": []}
    try:
        if change.do == UNDO:
            done["pictures"] = [cell(image) for image in undone(user, project, change.step)]
        else:
            make(user, project, change)
    except UserError as error:
        done["error"] = str(error)
    return done


def undone(user: User, project: Project, step_id: UUID | str | None) -> list[Image]:
    """The pictures that are back where they stood; none when the step was taken back before, or is too old."""
    steps = Step.objects.filter(project=project, user=user)
    step = (steps.filter(id=as_uuid(step_id)) if step_id else steps).first()
    return take_back(step=step) if step else []


def as_uuid(value: UUID | str) -> UUID:
    try:
        return UUID(str(value))
    except ValueError:
        return uuid4()  # nobody has such a step


def make(user: User, project: Project, change: Change) -> int:
    """Do a change, once however often it is asked for; gives the number of pictures. Raises UserError for a label that is not there, or goes at this moment."""
    try:
        with transaction.atomic():
            images = find(project, change.pictures)
            if change.do != "delete":
                remember(step_id=change.key, project=project, user=user, images=images)
            VERBS[change.do](project, images, change)
            return len(images)
    except IntegrityError as error:
        if Step.objects.filter(id=change.key).exists():
            return 0  # it was done before: the answer to it got lost
        raise UserError(_("That label is not there any more. Reload the page and look again."), field="to") from error


def move(project: Project, images: list[Image], change: Change) -> None:
    label = project.labels.filter(id=change.to).first()
    if label is None:
        raise UserError(_("Choose the label to move to."), field="to")
    services.move_images(images=images, label=label)


def aside(_project: Project, images: list[Image], _change: Change) -> None:
    services.set_aside_images(images=images)


def keep(_project: Project, images: list[Image], _change: Change) -> None:
    services.keep_images(images=images)


def delete(_project: Project, images: list[Image], _change: Change) -> None:
    services.delete_images(images=images)


def accept(project: Project, images: list[Image], change: Change) -> None:
    """Give pictures the label that they looked like when the person said yes: by now a check may think otherwise."""
    label = project.labels.filter(id=change.to).first()
    if label is None:
        raise UserError(_("That label is not there any more. Reload the page and look again."), field="to")
    services.move_images(images=images, label=label)


VERBS = {"move": move, "aside": aside, "keep": keep, "delete": delete, "accept": accept, "dismiss": keep}

