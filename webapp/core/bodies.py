"""How much one request may carry: looked at in its head, before anything reads the body and Django writes it to the disk."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from webapp.core.errors import UserError
from webapp.core.views import refuse

LONG, READ_AT_ONCE = 32 * 2**20, 2  # a body that takes a while to read, and how many of these a process reads at once: its other threads are for pages
LARGEST = 25 * 2**20  # a picture in base64, or a few in a form; the same in deploy/nginx.conf
_LARGER = (
    (re.compile(r"/(projects/[^/]+/upload|api/v1/projects/[^/]+/uploads)"), 1_100_000_000),  # a ZIP of 1 GB and what multipart adds
    (re.compile(r"/(api/v1/)?(projects/[^/]+/transfers|transfers/[^/]+)"), 1_100_000_000),  # read by pieces, and no further than was announced
    (re.compile(r"/(projects|models)/[^/]+/try/"), 61_000_000),  # several pictures at once
    (re.compile(r"/p/[^/]+/embed"), 1_100_000_000),  # looks by itself before it reads, and refuses in a page that may be framed
)


class BodyMiddleware:
    """Refuses a request whose body is too large for its address. Stands before the check of form tokens, which reads the whole form."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if is_too_large(request):
            return refuse(request, too_large())
        with in_turn(request):
            return self.get_response(request)


_hands = BoundedSemaphore(READ_AT_ONCE)


@contextmanager
def in_turn(request: HttpRequest) -> Iterator[None]:
    """A long body waits here, unread, until few others of this process are being read: ten ZIPs at once would else be all that it does."""
    if length(request) < LONG:
        yield
        return
    with _hands:
        yield


def too_large() -> UserError:
    return UserError(_("That is more than one request may carry. Send less at a time."), code="too_large", status=413)


def is_too_large(request: HttpRequest) -> bool:
    said = length(request)
    return said > LARGEST and said > next((most for address, most in _LARGER if address.fullmatch(request.path_info)), LARGEST)


def length(request: HttpRequest) -> int:
    """How long the body is said to be, 0 when it is not said: then Django reads nothing of it."""
    said = request.META.get("CONTENT_LENGTH") or ""
    return int(said) if said.isdecimal() and len(said) < 20 else 0
