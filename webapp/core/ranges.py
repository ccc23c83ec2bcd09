"""Files that can be fetched in parts, so that a download that was cut goes on where it was (RFC 9110, 14: one range of bytes)."""

import re
from collections.abc import Iterator
from typing import BinaryIO

from django.http import FileResponse, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")
BLOCK = 256 * 1024


def send(request: HttpRequest, file: BinaryIO, *, size: int, etag: str) -> HttpResponseBase:
    """A file, or the part of it that is asked for: 200, 206, or 416 when there is no such part. What it is called and what type it has is for the caller to say."""
    part = asked(request, size, etag)
    if part is None:
        answer = FileResponse(file)
        answer["Content-Length"] = str(size)
    elif part.start >= part.stop:
        file.close()
        answer = HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"})
    else:
        answer = StreamingHttpResponse(blocks(file, part), status=206)
        answer["Content-Range"] = f"bytes {part.start}-{part.stop - 1}/{size}"
        answer["Content-Length"] = str(len(part))
    answer["Accept-Ranges"] = "bytes"
    if etag:
        answer["ETag"] = etag
    return answer


def asked(request: HttpRequest, size: int, etag: str) -> range | None:
    """The bytes that are asked for; None for all of them, also where the header says nothing that we know or means another file."""
    found = _RANGE.fullmatch(request.headers.get("Range", "").strip())
    if not found or not any(found.groups()) or request.headers.get("If-Range", etag) != etag:
        return None
    first, last = found.groups()
    if not first:
        return range(max(0, size - int(last)), size)
    stop = min(size, int(last) + 1) if last else size
    return None if last and int(last) < int(first) else range(int(first), stop)


def blocks(file: BinaryIO, part: range) -> Iterator[bytes]:
    """The bytes of a part, a block at a time."""
    with file:
        file.seek(part.start)
        left = len(part)
        while left and (block := file.read(min(BLOCK, left))):
            left -= len(block)
            yield block
