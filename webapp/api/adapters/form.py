"""Forms as programs send them, read into memory.

Django's own parser makes text of a part without a file name, and several products' clients send the bytes of a picture in just such a part.
"""

import json
from collections.abc import Iterator
from urllib.parse import parse_qsl

from django.http import HttpRequest
from django.utils.http import parse_header_parameters
from django.utils.translation import gettext as _

from webapp.api.resources.pictures import LARGEST, from_base64, too_large
from webapp.core.bodies import length
from webapp.core.errors import UserError

MOST_FIELDS = 20
LARGEST_FORM = LARGEST + 100_000  # a picture, and what a form adds
STARTS = (b"\xff\xd8\xff", b"\x89PNG")  # of a JPG and a PNG; neither is base64


def fields(request: HttpRequest) -> dict[str, bytes]:
    """The fields of a form (multipart or urlencoded) or of a JSON object, as bytes; raises UserError 400, 413 or 415."""
    body = whole(request, LARGEST_FORM)
    if not body:
        return {}
    match request.content_type:
        case "multipart/form-data":
            return dict(parts(body, request.content_params.get("boundary", "")))
        case "application/x-www-form-urlencoded":
            return pairs(body)
        case "application/json":
            return members(body)
    raise UserError(_("Send a form: multipart/form-data, application/x-www-form-urlencoded or application/json."), code="unsupported_type", status=415)


def whole(request: HttpRequest, limit: int) -> bytes:
    """The body of a request, which may be empty; raises UserError 413."""
    data = b"" if length(request) > limit else request.read(limit + 1)
    if length(request) > limit or len(data) > limit:
        raise too_large()
    return data


def parts(body: bytes, boundary: str) -> Iterator[tuple[str, bytes]]:
    """The (name, content) of each part of a multipart body (RFC 7578), the content as it was sent."""
    delimiter = b"\r\n--" + boundary.encode("latin-1", "replace")
    end = body.find(delimiter[2:])
    if not boundary or end < 0:
        raise unreadable()
    place = end + len(delimiter) - 2
    for _number in range(MOST_FIELDS):
        if body.startswith(b"--", place):
            return
        head, end = body.find(b"\r\n\r\n", place), body.find(delimiter, place)
        if not 0 <= head < end:
            raise unreadable()
        yield name_of(body[place:head]), body[head + 4 : end]
        place = end + len(delimiter)
    raise unreadable()


def name_of(head: bytes) -> str:
    """The name in the headers of a part; empty where there is none."""
    for line in head.decode("utf-8", "replace").split("\r\n"):
        header, _colon, value = line.partition(":")
        if header.strip().lower() == "content-disposition":
            return parse_header_parameters(value)[1].get("name", "")
    return ""


def pairs(body: bytes) -> dict[str, bytes]:
    try:
        found = parse_qsl(body, keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError:
        raise unreadable() from None
    return {name.decode("utf-8", "replace"): value for name, value in found}


def members(body: bytes) -> dict[str, bytes]:
    try:
        given = json.loads(body)
    except (ValueError, RecursionError):
        given = None
    if not isinstance(given, dict):
        raise UserError(_("This is not JSON."), code="bad_request", status=400)
    return {name: str(value).encode("utf-8", "surrogatepass") for name, value in given.items() if isinstance(value, str | int)}


def text(found: dict[str, bytes], name: str) -> str:
    """A short field as text, without the spaces around it; empty where it is not there."""
    return found.get(name, b"")[:2000].decode("utf-8", "replace").strip()


def picture(content: bytes) -> bytes:
    """The picture in a field or body: its bytes as they are, or in base64, with line breaks and with a "+" that an unescaped form turned into a space."""
    if content.startswith(STARTS):
        return content
    encoded = content.strip().translate(None, b"\r\n\t").replace(b" ", b"+")
    return from_base64(encoded.decode("latin-1"))


def no_picture(*names: str) -> UserError:
    return UserError(_("No picture came along. Send it in a field called %(names)s.") % {"names": " / ".join(names)}, code="no_picture")


def unreadable() -> UserError:
    return UserError(_("The request cannot be read. Check how it is put together."), code="bad_request", status=400)
