from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from webapp.api.errors import refused

LARGEST_REQUEST = 1_100_000_000  # a ZIP of 1 GB and what multipart adds


class ApiMiddleware:
    """What the API must answer before or after its operations: requests that are too large, and methods that are not there."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith("/api/"):
            return self.get_response(request)
        if length(request) > LARGEST_REQUEST:
            return refused(413, "too_large", _("That is more than one request may carry. Send less at a time."))
        answer = self.get_response(request)
        return not_allowed(answer) if answer.status_code == 405 else answer


def length(request: HttpRequest) -> int:
    """How long the body is said to be, 0 when it is not said."""
    said = request.META.get("CONTENT_LENGTH") or ""
    return int(said) if said.isdecimal() and len(said) < 20 else 0


def not_allowed(answer: HttpResponse) -> HttpResponse:
    better = refused(405, "method_not_allowed", _("This address does not do that. See the Allow header."))
    better["Allow"] = answer["Allow"]
    return better
