import time
from collections.abc import Callable

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import resolve
from django.utils import translation
from django.utils.translation import gettext as _

from webapp.api import cors
from webapp.api.auth import bearer_token
from webapp.api.errors import missing, refused, user_error
from webapp.core.bodies import in_turn, is_too_large, too_large
from webapp.keys.usage import counts

NOTHING = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'"  # an answer to a program is no page

Respond = Callable[[HttpRequest], HttpResponse]


class ApiMiddleware:
    """What the API must answer before or after its operations: requests that are too large, and methods that are not there."""

    def __init__(self, get_response: Respond):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return bounded(request, self.get_response) if is_for_api(request) else self.get_response(request)


class TokenMiddleware:
    """Lets a program with a token or a key go straight to its operation, and tells it in each answer how many calls it has left.

    The middleware after this serves browsers (sessions, cookies, forms, messages); going through it costs half a millisecond, a tenth of what a
    model needs for an answer.
    """

    def __init__(self, get_response: Respond):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        started = time.perf_counter()
        if cors.is_question(request) and (told := cors.answered(request)):
            return told
        answer = straight(request) if is_for_api(request) and bearer_token(request) is not None else self.get_response(request)
        return noted(request, answer, started)


def is_for_api(request: HttpRequest) -> bool:
    return request.path_info.startswith("/api/")


def noted(request: HttpRequest, answer: HttpResponse, started: float) -> HttpResponse:
    """The answer with what a program should know, after the use of its key was counted. Every way in passes here, also those of other products' clients."""
    if allowance := getattr(request, "allowance", None):
        for name, number in zip(("Limit", "Remaining", "Reset"), allowance, strict=True):
            answer.headers[f"X-RateLimit-{name}"] = str(number)
    if key := getattr(request, "api_key", None):
        cors.open_to(request.META.get("HTTP_ORIGIN", ""), key, answer)
        counts.count(key.id, ms=1000 * (time.perf_counter() - started), errors=int(answer.status_code >= 400))
    return answer


def bounded(request: HttpRequest, respond: Respond) -> HttpResponse:
    """The answer, or why there is none: a request that is too large, or a method that the address does not have."""
    if is_too_large(request):
        return user_error(request, too_large())
    answer = respond(request)
    return not_allowed(answer) if answer.status_code == 405 else answer


def straight(request: HttpRequest) -> HttpResponse:
    """The answer of the operation at the address, in the language that the program asks for."""
    request.get_host()  # refuses a Host that is not ours
    with translation.override(translation.get_language_from_request(request)), in_turn(request):
        answer = bounded(request, operate)
    answer.headers.setdefault("Content-Security-Policy", NOTHING)
    if not answer.streaming:
        answer.headers.setdefault("Content-Length", str(len(answer.content)))
    return answer


def operate(request: HttpRequest) -> HttpResponse:
    """What the operation at the address answers."""
    try:
        match = request.resolver_match = resolve(request.path_info)
    except Http404 as error:
        return missing(request, error)
    return match.func(request, *match.args, **match.kwargs)


def not_allowed(answer: HttpResponse) -> HttpResponse:
    better = refused(405, "method_not_allowed", _("This address does not do that. See the Allow header."))
    better["Allow"] = answer["Allow"]
    return better
