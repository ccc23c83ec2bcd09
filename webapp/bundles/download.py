"""Handing out the ZIP of a model; the page and the API do it alike."""

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.text import slugify
from django.utils.translation import gettext as _

from webapp.bundles.queries import Offer
from webapp.core import store
from webapp.core.errors import UserError
from webapp.core.sending import NEVER, Parcel, send


def sent(request: HttpRequest, offer: Offer) -> HttpResponseBase:
    """The ZIP of a format, or the part of it that is asked for; raises UserError when it is not there (yet, or any more)."""
    if offer.is_live:
        raise UserError(_("The ZIP is not ready yet. Wait a moment."), code="not_ready", status=409)
    if not offer.is_ready or not store.exists(offer.packing.file_name):
        raise gone()
    packing = offer.packing
    return send(request, Parcel(packing.file_name, "application/zip", NEVER, called=file_name(offer), etag=f'"{packing.id}-{packing.fence}"'))


def file_name(offer: Offer) -> str:
    """Such as animals-run-3-onnx.zip; a name in other letters stays as it is."""
    parts = (slugify(text, allow_unicode=True) for text in (offer.model.project.name[:60], offer.model.run.title[:40], offer.format.key))
    return "-".join(filter(None, parts)) + ".zip"


def gone() -> UserError:
    return UserError(_("There is no such ZIP now. Ask for it again; it is made anew."), code="gone", status=404)
