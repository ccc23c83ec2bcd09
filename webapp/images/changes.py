"""What people do to pictures on step 1: move, set aside, put back, delete. Each change but the last can be taken back for as long as the session keeps it."""

import secrets
from collections.abc import Iterable
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from webapp.core.errors import UserError
from webapp.core.toasts import say
from webapp.images import services
from webapp.images.models import Image
from webapp.images.views import answer_shelf, is_uuid, whole
from webapp.projects.models import Label, Project
from webapp.projects.rules import EDIT, fetch, visible

UNDOS = 10  # changes that a session can take back


@require_POST
def change(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Do `do` (move, aside, keep, keep_all or delete) to the chosen pictures of a project; `pick` or `picks` names them."""
    project = fetch(request.user, Project, project_id, EDIT)
    do = request.POST.get("do")
    images = project.images.filter(status=Image.SET_ASIDE) if do == "keep_all" else project.images.filter(id__in=picked(request))
    return apply(request, project, do, list(images.select_related("label")))


@require_POST
def change_one(request: HttpRequest, image_id: UUID, do: str) -> HttpResponse:
    """The same for one picture, by its own address."""
    image = fetch(request.user, Image.objects.select_related("label", "project"), image_id, EDIT)
    return apply(request, image.project, do, [image])


def picked(request: HttpRequest) -> list[str]:
    """Ids of the chosen pictures: one field each without JavaScript, one field of them all with it."""
    ids = request.POST.getlist("pick") + request.POST.get("picks", "").split(",")
    return [value for value in ids if is_uuid(value)]


def apply(request: HttpRequest, project: Project, do: str, images: list[Image]) -> HttpResponse:
    verbs = {"move": move, "aside": aside, "keep": keep, "keep_all": keep, "delete": delete}
    if do not in verbs:
        raise UserError(_("Choose what to do with the pictures."))
    if not images:
        raise UserError(_("Choose some pictures first."))
    verbs[do](request, project, images)
    return answer(request, project)


def move(request: HttpRequest, project: Project, images: list[Image]) -> None:
    to = request.POST.get("to") or request.POST.get("label", "")
    label = visible(request.user, project.labels.all(), EDIT).filter(id=to).first() if is_uuid(to) else None
    if label is None:
        raise UserError(_("Choose the label to move to."), field="to")
    before = [[str(image.id), str(image.label_id)] for image in images]
    for image in images:
        services.move_image(image=image, label=label)
    text = ngettext("Moved %(count)d picture to “%(name)s”", "Moved %(count)d pictures to “%(name)s”", len(images))
    say(request, text % {"count": len(images), "name": label.name}, undo=remember(request, "move", before))


def aside(request: HttpRequest, _project: Project, images: list[Image]) -> None:
    for image in images:
        services.set_aside(image=image)
    text = ngettext("Set %(count)d picture aside. Nothing is deleted", "Set %(count)d pictures aside. Nothing is deleted", len(images))
    say(request, text % {"count": len(images)}, undo=remember(request, "keep", ids(images)))


def keep(request: HttpRequest, _project: Project, images: list[Image]) -> None:
    for image in images:
        services.keep(image=image)
    text = ngettext("Put %(count)d picture back", "Put %(count)d pictures back", len(images)) % {"count": len(images)}
    say(request, text, undo=remember(request, "aside", ids(images)))


def delete(request: HttpRequest, _project: Project, images: list[Image]) -> None:
    for image in images:
        services.delete_image(image=image)
    say(request, ngettext("Deleted %(count)d picture for good", "Deleted %(count)d pictures for good", len(images)) % {"count": len(images)})


@require_POST
def undo(request: HttpRequest, key: str) -> HttpResponse:
    """Take a change back; the session knows which pictures it was and where they were."""
    kept = request.session.get("undo", {})
    if key not in kept:
        raise UserError(_("That was too long ago to take back."), status=404)
    do, pictures = kept.pop(key)
    request.session["undo"] = kept
    back = {pair[0]: pair[1] for pair in pictures}
    images = list(visible(request.user, Image, EDIT).filter(id__in=back).select_related("project"))
    labels = {str(label.id): label for label in Label.objects.filter(id__in=set(filter(None, back.values())))}
    for image in images:
        take_back(do, image, labels.get(back[str(image.id)]))
    if not images:
        raise Http404
    say(request, _("It is as it was."))
    return answer(request, images[0].project)


def take_back(do: str, image: Image, label: Label | None) -> None:
    if do == "move" and label:
        services.move_image(image=image, label=label)
    elif do == "keep":
        services.keep(image=image)
    elif do == "aside":
        services.set_aside(image=image)


def ids(images: Iterable[Image]) -> list[list[str]]:
    return [[str(image.id), ""] for image in images]


def remember(request: HttpRequest, do: str, pictures: list[list[str]]) -> str:
    """Keep what would take a change back; returns the address that does it."""
    key = secrets.token_urlsafe(9)
    kept = {**request.session.get("undo", {}), key: [do, pictures]}
    request.session["undo"] = dict(list(kept.items())[-UNDOS:])
    return reverse("images:undo", args=[key])


def answer(request: HttpRequest, project: Project) -> HttpResponse:
    """The changed parts for htmx; the page for a plain form."""
    if request.htmx:
        return answer_shelf(request, project)
    shown = "&".join(f"all={label}" for label in sorted(map(str, whole(request))))
    return redirect(reverse("images:project", args=[project.id]) + (f"?{shown}" if shown else ""))
