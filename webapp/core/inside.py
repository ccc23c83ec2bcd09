"""What is asked from inside, by Prometheus and health checks: they come by whatever name or number they find a process, and need nothing of what pages do."""

from collections.abc import Callable

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import resolve

PATHS = ("/healthz", "/readyz", "/metrics")
NOTHING = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'"  # an answer to a program is no page


class InsideMiddleware:
    """Answers these before it is asked whether the name in the request is ours (ALLOWED_HOSTS). None of the answers has a name in it, so a wrong one does no harm."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info not in PATHS:
            return self.get_response(request)
        match = resolve(request.path_info)
        try:
            answer = match.func(request)
        except Http404:
            return self.get_response(request)  # to whoever shows no token, the way of all that is not there
        request.resolver_match = match
        answer.headers.setdefault("Content-Security-Policy", NOTHING)
        return answer
