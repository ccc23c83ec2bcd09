"""The number that a request goes by, from the browser through pages, rows and workers to the child that trains; and one line of the log for each request.

This stands around everything that a web process answers, also around the short way (`webapp/api/short.py`), so it must cost next to nothing:
2 microseconds a request, 5 with its line in the log, 12 where Prometheus counts too (`benchmarks/watching.py`).
"""

import os
import re
import time
from collections.abc import Callable, Iterable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from webapp.core import access, logs, measures

HEADER, KEY = "X-Request-ID", "HTTP_X_REQUEST_ID"
FIELD = "request"  # under which lines of the log have it
WELL_FORMED = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{7,63}").fullmatch
ROUTE, PATH = "aimaker.route", "aimaker.path"  # in the environ: the name of the address, and the path as it may stand in a log
STATIC, NOWHERE = "static", "none"  # the routes of static files, which have no address of their own, and of what is no address of ours
SECRET_PARTS = {"code", "key", "uidb36"}  # parts of addresses that let in whoever has them


class Traced:
    """Gives each request its number, tells it in the answer, and notes how it went."""

    def __init__(self, application: Callable):
        self.application = application

    def __call__(self, environ: dict, start_response: Callable) -> Iterable[bytes]:
        began, number, statuses = time.perf_counter(), take_up(environ.get(KEY, "")), []

        def start(status: str, headers: list, *exc_info) -> object:
            statuses.append(status[:3])
            return start_response(status, [*headers, (HEADER, number)], *exc_info)

        try:
            return self.application(environ, start)
        finally:
            note(environ, statuses[-1] if statuses else "500", time.perf_counter() - began, number)


def take_up(told: str) -> str:
    """The number of the request that begins now: the one that a proxy or program gave it, where that is well-formed, or a new one."""
    number = told if told and WELL_FORMED(told) else os.urandom(8).hex()
    logs.carry(request=number)
    return number


def note(environ: dict, status: str, seconds: float, number: str) -> None:
    """Count a request that was answered, and write its line. Of a long answer the time until it began."""
    path = environ.get(PATH) or environ.get("PATH_INFO", "")
    route = environ.get(ROUTE) or (STATIC if path.startswith(settings.STATIC_URL) else NOWHERE)
    measures.request(route, status, seconds)
    access.line(environ["REQUEST_METHOD"], path, route, status, seconds, number)


def current() -> str:
    """The number of the request that this thread answers; nothing outside of requests."""
    return logs.carried(FIELD)


class RouteMiddleware:
    """Notes for `Traced` which address a request was for. The outermost: what comes after it may answer by itself."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        answer = self.get_response(request)
        if match := request.resolver_match:
            request.META[ROUTE] = match.view_name or match.route
            if secret := [str(match.kwargs[name]) for name in SECRET_PARTS & match.kwargs.keys()]:
                request.META[PATH] = without(request.path_info, secret)
        return answer


def without(path: str, secret: list[str]) -> str:
    for part in secret:
        path = path.replace(part, "***")
    return path
