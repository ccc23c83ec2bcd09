from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from webapp.core.errors import UserError


class UserErrorMiddleware:
    """Turns a UserError that a page did not handle into a page (or an htmx fragment) that says it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, UserError):
            return None
        template = "core/_notice.html" if getattr(request, "htmx", False) else "core/error.html"
        return render(request, template, {"error": exception}, status=exception.status)
