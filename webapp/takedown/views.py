from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from webapp.core.toasts import say
from webapp.images.models import Image
from webapp.projects.rules import OWN, fetch
from webapp.takedown import services


@require_POST
def take_down(request: HttpRequest, image_id: UUID) -> HttpResponse:
    """Take a picture down in its project; only the owner may, and it cannot be undone."""
    image = fetch(request.user, Image.objects.select_related("project"), image_id, OWN)
    taken = services.take_down(images=[image], project=image.project)
    say(request, said(taken))
    return redirect("exports:sources", image.project_id)


def said(taken: services.Taken) -> str:
    """What was done, and what is left to do."""
    count = len(taken.images)
    text = ngettext("Took %(count)d picture down. It does not come in again.", "Took %(count)d pictures down. They do not come in again.", count) % {"count": count}
    return f"{text} {_('An AI learned from it: train again, so that it forgets it.')}" if taken.models else text
