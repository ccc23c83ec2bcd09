"""The play page: whoever has the address asks the AI, without an account."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from webapp.sharing import queries
from webapp.sharing.rules import shared_at


@never_cache
@require_http_methods(["GET", "POST"])
def play(request: HttpRequest, code: str) -> HttpResponse:
    """Ask a shared AI."""
    sharing = shared_at(request.user, code)
    return render(request, "sharing/play.html", {"sharing": sharing, "project": sharing.project, "model": queries.answering(sharing.project_id)})
