"""What people do to pictures on step 1: move, set aside, put back, delete. Each change but the last can be taken back for as long as the session keeps it."""

import secrets
from uuid import UUID

from django.db.models import QuerySet
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
from webapp.projects.models import Project
from webapp.projects.rules import EDIT, fetch, visible

UNDOS = 10  # changes that a session can take back
UNDO_PICTURES = 10_000  # and of how many pictures in all, though always the last change: every request reads its session


@require_POST
def change(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Do `do` (move, aside, keep, keep_all or delete) to the chosen pictures of a project; `pick` or `picks` names them."""
    project = fetch(request.user, Project, project_id, EDIT)
    do = request.POST.get("do")
    mine = project.images.select_related("label", "project")
    images = list(mine.filter(status=Image.SET_ASIDE)) if do == "keep_all" else found(mine, picked(request))
    return apply(request, project, do, images)


@require_POST
def change_one(request: HttpRequest, image_id: UUID, do: str) -> HttpResponse:
    """The same for one picture, by its own address."""
    image = fetch(request.user, Image.objects.select_related("label", "project"), image_id, EDIT)
    return apply(request, image.project, do, [image])


def picked(request: HttpRequest) -> list[UUID]:
    """Ids of the chosen pictures, each once: one field each without JavaScript, one field of them all with it."""
    ids = request.POST.getlist("pick") + request.POST.get("picks", "").split(",")
    return list(dict.fromkeys(UUID(value) for value in ids if is_uuid(value)))


def found(rows: QuerySet[Image], ids: list[UUID]) -> list[Image]:
    """Those of the rows that are named, however many."""
    return [image for some in services.chunks(ids) for image in rows.filter(id__in=some)]


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
    undo = remember(request, images)
    services.move_images(images=images, label=label)
    text = ngettext("Moved %(count)d picture to “%(name)s”", "Moved %(count)d pictures to “%(name)s”", len(images))
    say(request, text % {"count": len(images), "name": label.name}, undo=undo)


def aside(request: HttpRequest, _project: Project, images: list[Image]) -> None:
    undo = remember(request, images)
    services.set_aside_images(images=images)
    text = ngettext("Set %(count)d picture aside. Nothing is deleted", "Set %(count)d pictures aside. Nothing is deleted", len(images))
    say(request, text % {"count": len(images)}, undo=undo)


def keep(request: HttpRequest, _project: Project, images: list[Image]) -> None:
    were_aside = any(image.status == Image.SET_ASIDE for image in images)
    undo = remember(request, images)
    services.keep_images(images=images)
    back = ngettext("Put %(count)d picture back", "Put %(count)d pictures back", len(images))
    kept = ngettext("Keeping %(count)d picture", "Keeping %(count)d pictures", len(images))
    say(request, (back if were_aside else kept) % {"count": len(images)}, undo=undo)


def delete(request: HttpRequest, _project: Project, images: list[Image]) -> None:
    services.delete_images(images=images)
    say(request, ngettext("Deleted %(count)d picture for good", "Deleted %(count)d pictures for good", len(images)) % {"count": len(images)})


@require_POST
def undo(request: HttpRequest, key: str) -> HttpResponse:
    """Take a change back; the session knows which pictures it was and how they stood."""
    kept = request.session.get("undo", {})
    if key not in kept:
        raise UserError(_("That was too long ago to take back."), status=404)
    before = kept.pop(key)
    request.session["undo"] = kept
    chosen = [UUID(one) for line in before for one in line[-1]]
    images = found(visible(request.user, Image, EDIT).select_related("project"), chosen)
    services.restore(images=images, before=before)
    if not images:
        raise Http404
    say(request, _("It is as it was."))
    return answer(request, images[0].project)


def remember(request: HttpRequest, images: list[Image]) -> str:
    """Keep what would take a change back; returns the address that does it. The oldest go when there are too many."""
    key = secrets.token_urlsafe(9)
    kept = {**request.session.get("undo", {}), key: services.standing(images)}
    while len(kept) > 1 and (len(kept) > UNDOS or sum(map(size, kept.values())) > UNDO_PICTURES):
        kept.pop(next(iter(kept)))
    request.session["undo"] = kept
    return reverse("images:undo", args=[key])


def size(before: services.Standing) -> int:
    return sum(len(line[-1]) for line in before)


def answer(request: HttpRequest, project: Project) -> HttpResponse:
    """The changed parts for htmx; the page for a plain form."""
    if request.htmx:
        return answer_shelf(request, project)
    shown = "&".join(f"all={label}" for label in sorted(map(str, whole(request))))
    return redirect(reverse("images:project", args=[project.id]) + (f"?{shown}" if shown else ""))
