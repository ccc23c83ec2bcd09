"""The picture files: only for those who may see their project, never to be run as anything else, and kept by the browser for good."""

from uuid import UUID

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.http import etag, require_GET

from webapp.core.sending import FOR_GOOD, Parcel, send
from webapp.images.models import Image
from webapp.projects.rules import fetch, visible


def picture_etag(request: HttpRequest, image_id: UUID) -> str | None:
    found = visible(request.user, Image).filter(id=image_id).values_list("sha256", flat=True).first()
    return f'"{found}-{request.resolver_match.url_name}"' if found else None


@require_GET
@etag(picture_etag)
def picture(request: HttpRequest, image_id: UUID) -> HttpResponseBase:
    """The picture as it is kept: a JPEG of at most 1,024 px."""
    return send(request, jpeg(fetch(request.user, Image, image_id).file_name))


@require_GET
@etag(picture_etag)
def thumb(request: HttpRequest, image_id: UUID) -> HttpResponseBase:
    """Its thumbnail: a JPEG of at most 256 px."""
    return send(request, jpeg(fetch(request.user, Image, image_id).thumb_name))


def jpeg(name: str) -> Parcel:
    """A picture of the store; an image's files never change, so a browser that has one need not ask again."""
    return Parcel(name, "image/jpeg", FOR_GOOD)
