"""Handing a private file of the store to a browser: the one way out for all views, each behind its gate.

FILES_BY says who carries the bytes, which in production is never Python. docs/security.md compares the three.

- `python`: this process. For one machine without a proxy.
- `accel`: nginx in front of us, which we tell where the file is: in the folder of the store, or at a signed address of the bucket that only nginx sees.
- `signed`: the bucket itself, at a signed address that holds for minutes. Pages are told by their Content-Security-Policy that it is ours.
"""

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from django.conf import settings
from django.core.files.storage import default_storage
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.utils.http import content_disposition_header

from webapp.core import ranges, store
from webapp.core.headers import FILE_HEADERS

# How long a browser may keep a file: for good where an address never means another one; after asking whether it is still there; not at all.
FOR_GOOD, ASKING, NEVER = "private, max-age=31536000, immutable", "private, no-cache", "private, no-store"
# Places of nginx that nobody reaches from outside: deploy/nginx.conf.
OF_FOLDER, OF_BUCKET = "/_files/", "/_bucket"
SIGNED_SECONDS = 300
# A browser that keeps a file for good has to find it by the address that it was sent to; half of the time before that ends it asks us again.
KEPT_SECONDS = 3600
KEPT_REDIRECT = f"private, max-age={KEPT_SECONDS // 2}"


@dataclass(frozen=True)
class Parcel:
    """A file on its way: its name in the store, and what the browser is told of it."""

    name: str
    content_type: str
    kept: str  # FOR_GOOD, ASKING or NEVER
    called: str = ""  # the name that a person saves it by; empty for what is shown
    etag: str = ""

    @property
    def disposition(self) -> str:
        return content_disposition_header(True, self.called) or "" if self.called else ""


Way = Callable[[HttpRequest, Parcel], HttpResponseBase]


def send(request: HttpRequest, parcel: Parcel) -> HttpResponseBase:
    """The file, or the part of it that is asked for, to whoever was let through the gate. Raises Http404 where we see that it is gone."""
    return handed(request, parcel, WAYS[settings.FILES_BY])


def send_nameless(request: HttpRequest, parcel: Parcel) -> HttpResponseBase:
    """As `send`, for what nobody shall know by its name: a signed address carries it, so this process does instead of the bucket."""
    return handed(request, parcel, by_python if settings.FILES_BY == "signed" else WAYS[settings.FILES_BY])


def handed(request: HttpRequest, parcel: Parcel, way: Way) -> HttpResponseBase:
    answer = way(request, parcel)
    for name, value in FILE_HEADERS.items():
        answer[name] = value
    return answer


def by_python(request: HttpRequest, parcel: Parcel) -> HttpResponseBase:
    try:
        file = store.open_file(parcel.name)
    except FileNotFoundError as missing:
        raise Http404 from missing
    return described(ranges.send(request, file, size=file.size, etag=parcel.etag), parcel)


def by_nginx(request: HttpRequest, parcel: Parcel) -> HttpResponse:
    """nginx answers for parts, for "is it still the same", and with 404 for what is gone."""
    answer = described(HttpResponse(), parcel)
    del answer["Cache-Control"]  # nginx would let errors have it, too
    answer["X-Kept"] = parcel.kept
    answer["X-Accel-Redirect"] = OF_FOLDER + quote(parcel.name) if store.is_folder() else through_nginx(signed(parcel, SIGNED_SECONDS))
    return answer


def through_nginx(address: str) -> str:
    """A signed address of the bucket as the place of nginx that passes it on."""
    parts = urlsplit(address)
    return f"{OF_BUCKET}{parts.path}?{parts.query}"


def by_bucket(request: HttpRequest, parcel: Parcel) -> HttpResponse:
    for_good = parcel.kept == FOR_GOOD
    answer = HttpResponseRedirect(signed(parcel, KEPT_SECONDS if for_good else SIGNED_SECONDS))
    answer["Cache-Control"] = KEPT_REDIRECT if for_good else NEVER
    return answer


def described(answer: HttpResponseBase, parcel: Parcel) -> HttpResponseBase:
    answer["Content-Type"], answer["Cache-Control"] = parcel.content_type, parcel.kept
    del answer["Content-Disposition"]  # Django's own names the file as the store does
    if parcel.disposition:
        answer["Content-Disposition"] = parcel.disposition
    return answer


def signed(parcel: Parcel, seconds: int) -> str:
    """An address of the bucket that gives just this file, said to be what we say it is, to whoever has it, for so many seconds."""
    said = {"ResponseContentType": parcel.content_type, "ResponseCacheControl": parcel.kept}
    if parcel.disposition:
        said["ResponseContentDisposition"] = parcel.disposition
    return default_storage.url(parcel.name, parameters=said, expire=seconds)


WAYS: dict[str, Way] = {"python": by_python, "accel": by_nginx, "signed": by_bucket}
