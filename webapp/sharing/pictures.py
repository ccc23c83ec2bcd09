"""Pictures drawn for a shared project: the code that a phone reads, and the card that is shown beside its address elsewhere."""

import hashlib
import io

import segno
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET

from webapp.core.headers import FILE_HEADERS
from webapp.sharing import card_drawing, queries
from webapp.sharing.addresses import public_address
from webapp.sharing.models import Sharing
from webapp.sharing.rules import shared_at


@require_GET
@cache_control(private=True, no_cache=True)
def qr(request: HttpRequest, code: str) -> HttpResponse:
    """The address of the play page as a QR code, black on white in light and dark: scanners need that."""
    sharing = shared_at(request.user, code)
    out = io.BytesIO()
    segno.make(public_address(request, "play", sharing.code), error="m", micro=False).save(out, kind="svg", border=4, scale=8, light="#fff", xmldecl=False)
    return HttpResponse(out.getvalue(), content_type="image/svg+xml", headers=FILE_HEADERS)


@require_GET
@cache_control(no_cache=True)  # whoever keeps it asks whether it still holds
def card(request: HttpRequest, code: str) -> HttpResponse:
    """The social card: 1200 x 630, PNG. Without words, as nobody knows who reads it in which language; only what the owner wrote."""
    sharing = shared_at(request.user, code)
    content = card_drawing.drawn(*written_on(sharing))
    tag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    if request.headers.get("If-None-Match") == tag:
        return HttpResponseNotModified(headers={"ETag": tag})
    return HttpResponse(content, content_type="image/png", headers=FILE_HEADERS | {"ETag": tag})


def written_on(sharing: Sharing) -> tuple[str, tuple[str, ...], float | None]:
    """The name, the labels and the skill that a card shows."""
    model = queries.answering(sharing.project_id)
    labels = model.labels if model else sharing.project.labels.values_list("name", flat=True)
    return sharing.project.name, tuple(labels), model.accuracy if model else None
