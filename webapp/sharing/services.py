"""Sharing a project, and what strangers then ask of it."""

from contextlib import suppress

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from webapp.core.errors import UserError
from webapp.core.limits import spend
from webapp.projects.models import Project
from webapp.projects.rules import SHARED
from webapp.projects.services import update_project
from webapp.serving.models import Model
from webapp.sharing.models import Sharing, new_code


@transaction.atomic
def share(*, project: Project, visibility: str, description: str, shows_examples: bool, allows_remix: bool, gives_pictures: bool) -> Sharing:
    """Choose who may see and ask a project, and what more it gives them; counts from the next request on. Raises UserError."""
    sharing, _made = Sharing.objects.get_or_create(project=project)
    sharing.shows_examples, sharing.allows_remix, sharing.gives_pictures = shows_examples, allows_remix, allows_remix and gives_pictures
    sharing.save(update_fields=["shows_examples", "allows_remix", "gives_pictures"])
    update_project(project=project, visibility=visibility, description=description)
    return sharing


def renew(*, sharing: Sharing) -> None:
    """Give a play page another address; the old one ends."""
    sharing.code = new_code()
    sharing.save(update_fields=["code"])


def note_sharing(sender: type, instance: Project, update_fields: frozenset | None = None, raw: bool = False, **rest: object) -> None:
    """Whatever shares a project, page or program: it gets its address, and the gallery its date."""
    if raw or instance.visibility not in SHARED or (update_fields and "visibility" not in update_fields):
        return
    Sharing.objects.get_or_create(project=instance)
    if instance.visibility == "public":
        Sharing.objects.filter(project=instance, shared=None).update(shared=timezone.now())


def spend_question(*, address: str, model: Model) -> None:
    """Count a question of a stranger; raises UserError 429 when it is one too many from this address, or of this model."""
    spend("ask", address)
    spend("ask_model", model.id)


def note_camera(sender: type, model: Model, address: str, **rest: object) -> None:
    """A live camera was opened on a play page: one question and one play, unless there were too many of its address."""
    with suppress(UserError):
        spend_question(address=address, model=model)
        count_play(project=model.project)


def count_play(*, project: Project) -> None:
    """One more answer was given on a play page, in a frame or in a game."""
    Sharing.objects.filter(project=project).update(plays=F("plays") + 1)
