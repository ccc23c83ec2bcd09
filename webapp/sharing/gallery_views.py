"""The gallery page."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from webapp.sharing import gallery


@require_GET
def page(request: HttpRequest) -> HttpResponse:
    """Public AIs: newest or most played, all or those that fit the words."""
    order = request.GET.get("order", "")
    order = order if order in gallery.COLUMNS else gallery.NEWEST
    words = " ".join(request.GET.get("q", "").replace("\0", "").split())[: gallery.LONGEST]
    found = gallery.page(order=order, words=words, cursor=request.GET.get("cursor", ""))
    orders = [(key, name, address(key, words)) for key, name in ((gallery.NEWEST, _("Newest")), (gallery.PLAYED, _("Most played")))]
    more = f"{address(order, words)}&{urlencode({'cursor': found.next})}" if found.next else ""
    return render(request, "sharing/gallery.html", {"models": found.models, "more": more, "order": order, "orders": orders, "words": words})


def address(order: str, words: str) -> str:
    """The address of an order of the gallery, with what is searched for."""
    return "?" + urlencode({"order": order} | ({"q": words} if words else {}))
