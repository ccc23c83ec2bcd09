"""The play page in a frame of somebody else's page: a policy of its own, and nobody is known there. It sets no cookie and heeds no session."""

from csp.decorators import csp_replace
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from webapp.core.errors import UserError
from webapp.core.views import waiting
from webapp.sharing import examples, queries
from webapp.sharing.addresses import public_address
from webapp.sharing.play import UNLISTED
from webapp.sharing.questions import answered
from webapp.sharing.rules import shared_at

HEADERS = UNLISTED | {"Cross-Origin-Resource-Policy": "cross-origin"}  # a page that isolates itself may frame it too


@csrf_exempt  # nobody is known here, so a forged form can do nothing in somebody's name
@never_cache
@xframe_options_exempt
@csp_replace({"frame-ancestors": ["*"]})
@require_http_methods(["GET", "POST"])
def embed(request: HttpRequest, code: str) -> HttpResponse:
    """Ask a shared AI from inside another site."""
    request.user = AnonymousUser()  # a session that the browser sends along is heeded by nobody
    try:
        sharing = shared_at(request.user, code)
    except UserError as error:
        return framed("sharing/embed_gone.html", {"error": error}, error)
    model = queries.answering(sharing.project_id)
    said = {"project": sharing.project, "model": model}
    try:
        said["answer"] = answered(request, sharing, model) if request.method == "POST" else None
    except UserError as error:
        said["error"] = error
    if request.headers.get("HX-Request"):
        return framed("serving/_answer.html", said, said.get("error"))
    shown = examples.shown(sharing, model) if model else []
    page = {"request": request, "with_camera": "camera" in request.GET, "sharing": sharing, "examples": shown, "credits": examples.credits(shown), "action": request.path, "address": public_address(request, "play", sharing.code)}
    return framed("sharing/embed.html", said | page, said.get("error"))


def framed(template: str, values: dict, error: UserError | None) -> HttpResponse:
    """A page for a frame. It is rendered without what every other page knows: no tag in it can make a form token, which would be a cookie."""
    content = render_to_string(template, values | {"LANGUAGE_CODE": get_language()})
    answer = HttpResponse(content, status=error.status if error else 200, headers=HEADERS)
    return waiting(answer, error) if error else answer
