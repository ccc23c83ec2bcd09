"""The play page: whoever has the address asks the AI, without an account."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from webapp.core.errors import UserError
from webapp.core.sending import ASKING, Parcel, send
from webapp.core.views import waiting
from webapp.images.models import Image
from webapp.projects.models import Project
from webapp.serving.models import Model
from webapp.sharing import examples, queries
from webapp.sharing.addresses import public_address
from webapp.sharing.models import Sharing
from webapp.sharing.questions import answered
from webapp.sharing.rules import is_listed, is_shared, shared_at

LONGEST_SUMMARY, MOST_LABELS = 200, 8
UNLISTED = {"X-Robots-Tag": "noindex, nofollow"}


@never_cache
@require_http_methods(["GET", "POST"])
def play(request: HttpRequest, code: str) -> HttpResponse:
    """Ask a shared AI."""
    sharing = shared_at(request.user, code)
    model = queries.answering(sharing.project_id)
    if request.method == "GET":
        return page(request, sharing, model)
    try:
        answer = answered(request, sharing, model)
    except UserError as error:
        return waiting(page(request, sharing, model, error=error), error)
    return page(request, sharing, model, answer=answer)


def page(request: HttpRequest, sharing: Sharing, model: Model | None, *, answer: dict | None = None, error: UserError | None = None) -> HttpResponse:
    """The page, or only what goes on the board when the page's module asks."""
    status = error.status if error else 200
    # Never `picture`: with it other rooms would show what only the owner may see, such as the training pictures that look like it.
    said = {"model": model, "answer": answer, "error": error}
    if request.htmx:
        return render(request, "serving/_answer.html", said, status=status)  # nor `project`: the owner sees here what others see
    shown = examples.shown(sharing, model) if model else []
    values = said | {
        "project": sharing.project,
        "sharing": sharing,
        "is_shared": is_shared(sharing.project),
        "summary": summary(sharing.project, model),
        "with_camera": "camera" in request.GET,
        "examples": shown,
        "credits": examples.credits(shown),
        "address": public_address(request, "play", sharing.code),
        "card": public_address(request, "card", sharing.code),
    }
    return HttpResponse(render_to_string("sharing/play.html", values, request), status=status, headers=robots(sharing))


def robots(sharing: Sharing) -> dict[str, str]:
    """Only what is in the gallery shall be found by searching."""
    return {} if is_listed(sharing.project) else UNLISTED


def summary(project: Project, model: Model | None) -> str:
    """A sentence for where the address is posted."""
    if project.description or not model:
        return " ".join(project.description.split())[:LONGEST_SUMMARY]
    labels = ", ".join(model.labels[:MOST_LABELS]) + (" …" if len(model.labels) > MOST_LABELS else "")
    return _("Show it a picture, and it says which of these it is: %(labels)s") % {"labels": labels}


@require_GET
def example(request: HttpRequest, code: str, image_id: UUID) -> HttpResponseBase:
    """An example as it is kept."""
    return send(request, Parcel(known_example(request, code, image_id).file_name, "image/jpeg", ASKING))


@require_GET
def example_thumb(request: HttpRequest, code: str, image_id: UUID) -> HttpResponseBase:
    """Its thumbnail."""
    return send(request, Parcel(known_example(request, code, image_id).thumb_name, "image/jpeg", ASKING))


def known_example(request: HttpRequest, code: str, image_id: UUID) -> Image:
    sharing = shared_at(request.user, code)
    return examples.one(sharing, queries.answering(sharing.project_id), image_id)
