"""A picture that is asked about: as a file of a form, as the body itself, in base64, or by its address on the web."""

import base64
import binascii
import json
from uuid import UUID

from django.http import HttpRequest
from django.utils.translation import gettext as _

from webapp.core.bodies import length
from webapp.core.errors import UserError
from webapp.core.limits import spend
from webapp.serving.asking import from_web
from webapp.serving.services import MAX_PICTURE_BYTES

LARGEST = MAX_PICTURE_BYTES
LARGEST_JSON = 14 * 2**20  # 10 MiB of picture in base64, with room to spare: it lies in memory several times

_SCHEMAS = {
    "multipart/form-data": {"type": "object", "required": ["image"], "properties": {"image": {"type": "string", "format": "binary"}}},
    "image/*": {"type": "string", "format": "binary"},
    "application/json": {
        "oneOf": [
            {"type": "object", "required": [name], "properties": {name: {"type": "string"}}, "additionalProperties": False} for name in ("url", "base64")
        ]
    },
}
BODY = {"requestBody": {"required": True, "content": {kind: {"schema": schema} for kind, schema in _SCHEMAS.items()}}}


def picture(request: HttpRequest) -> bytes:
    """The bytes of the picture in a request; raises UserError 413, 415 or 422."""
    kind = request.content_type
    if kind == "multipart/form-data":
        return from_form(request)
    if kind.startswith("image/") or kind == "application/octet-stream":
        return read(request, LARGEST)
    if kind == "application/json":
        return from_json(read(request, LARGEST_JSON), request.auth.id)
    raise UserError(_("Send a picture: a form with a field image, a body of type image/jpeg or image/png, or JSON with url or base64."), code="unsupported_type", status=415)


def from_form(request: HttpRequest) -> bytes:
    file = request.FILES.get("image")
    if file is None:
        raise UserError(_("No picture came along. Send it in a field called image."), code="no_picture", field="image")
    if file.size > LARGEST:
        raise too_large()
    return file.read()


def read(request: HttpRequest, limit: int) -> bytes:
    """The body of the request, at most `limit` bytes of it."""
    if length(request) > limit:
        raise too_large()
    data = request.read(limit + 1)
    if len(data) > limit:
        raise too_large()
    if not data:
        raise UserError(_("The body is empty. Send a picture, with a Content-Length."), code="no_picture")
    return data


def from_json(body: bytes, who: UUID) -> bytes:
    try:
        given = json.loads(body)
    except (ValueError, RecursionError):
        raise UserError(_("This is not JSON."), code="bad_request", status=400) from None
    if not isinstance(given, dict) or len(given) != 1 or not isinstance(given.get("url", given.get("base64")), str):
        raise UserError(_("Send either url or base64, as text."), details={"fields": [{"field": "url"}, {"field": "base64"}]})
    if "base64" in given:
        return from_base64(given["base64"])
    spend("predict_url", who)
    return from_web(given["url"])


def from_base64(text: str) -> bytes:
    """Bytes of base64, also of a data: address."""
    if text.startswith("data:"):
        text = text.partition(",")[2]
    try:
        return base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error):
        raise UserError(_("This is not base64."), field="base64") from None


def too_large() -> UserError:
    return UserError(_("This picture is too large: at most 20 MB, and 10 MB in base64."), code="too_large", status=413)
