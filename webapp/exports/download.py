"""Handing out the ZIP of an export; the page and the API do it alike."""

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _

from webapp.core import store
from webapp.core.errors import UserError
from webapp.core.sending import NEVER, Parcel, send
from webapp.exports.models import Export


def sent(request: HttpRequest, export: Export) -> HttpResponseBase:
    """The ZIP of an export, or the part of it that is asked for; raises UserError when it is not there (yet, or any more)."""
    if export.is_live:
        raise UserError(_("The ZIP is not ready yet. Wait a moment."), code="not_ready", status=409)
    if not export.can_be_fetched or not store.exists(export.file_name):
        raise UserError(_("This ZIP is no longer kept. Export again to get a new one."), code="expired", status=404)
    return send(request, Parcel(export.file_name, "application/zip", NEVER, called=f"{export.project.name}.zip", etag=f'"{export.id}-{export.fence}"'))
