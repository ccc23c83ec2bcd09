"""The picture files: only for those who may see their project, never to be run as anything else, and kept by the browser for good."""

from collections.abc import Callable
from uuid import UUID

from django.http import FileResponse, Http404, HttpRequest
from django.views.decorators.cache import cache_control
from django.views.decorators.http import etag, require_GET

from webapp.core import store
from webapp.core.headers import FILE_HEADERS
from webapp.images.models import Image
from webapp.projects.rules import fetch, visible

YEAR = 365 * 24 * 3600


def picture_etag(request: HttpRequest, image_id: UUID) -> str | None:
    found = visible(request.user, Image).filter(id=image_id).values_list("sha256", flat=True).first()
    return f'"{found}-{request.resolver_match.url_name}"' if found else None


def file_view(view: Callable) -> Callable:
    """What both have in common: an image's files never change, so a browser that has one need not ask again."""
    return require_GET(cache_control(private=True, max_age=YEAR, immutable=True)(etag(picture_etag)(view)))


@file_view
def picture(request: HttpRequest, image_id: UUID) -> FileResponse:
    """The picture as it is kept: a JPEG of at most 1,024 px."""
    return send(fetch(request.user, Image, image_id).file_name)


@file_view
def thumb(request: HttpRequest, image_id: UUID) -> FileResponse:
    """Its thumbnail: a JPEG of at most 256 px."""
    return send(fetch(request.user, Image, image_id).thumb_name)


def send(name: str) -> FileResponse:
    try:
        return FileResponse(store.open_file(name), content_type="image/jpeg", headers=FILE_HEADERS)
    except FileNotFoundError as missing:
        raise Http404 from missing
