from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from webapp.live.addresses import socket_origin


class LiveMiddleware:
    """Lets the pages that show the live camera, and no others, open its socket: `request.shows_camera` is set by what draws it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if getattr(request, "shows_camera", False):
            policy = getattr(response, "_csp_update", None) or {}  # where django-csp looks for what a view adds
            response._csp_update = policy | {"connect-src": [*policy.get("connect-src", []), socket_origin(request)], "worker-src": ["'self'"]}
        return response
