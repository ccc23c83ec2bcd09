"""How rows are answered: times, ids, 202 with Location, and polls that cost nothing when nothing is new."""

import hashlib
import json
from datetime import UTC, datetime

from django.http import HttpRequest, HttpResponse
from django.urls import reverse


def stamp(time: datetime | None) -> str | None:
    """ISO 8601 in UTC, to the millisecond: 2026-01-31T12:00:00.000Z."""
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z") if time else None


def address(operation: str, row_id: object, name: str) -> str:
    """The path of a row in this API."""
    return reverse(f"api:{operation}", kwargs={name: row_id})


def polled(request: HttpRequest, data: dict) -> HttpResponse:
    """The data as JSON with an ETag, or 304 without a body when the caller has just this."""
    body = json.dumps(data, separators=(",", ":")).encode()
    etag = f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
    if etag in request.META.get("HTTP_IF_NONE_MATCH", ""):
        answer = HttpResponse(status=304)
        del answer["Content-Type"]
    else:
        answer = HttpResponse(body, content_type="application/json")
    answer["ETag"] = etag
    answer["Cache-Control"] = "private, no-cache"
    return answer


def failure(error: dict | None) -> str | None:
    """What went wrong with a row, and the next step, as one text."""
    return " ".join(part for part in (error.get("cause"), error.get("next_step")) if part) if error else None
