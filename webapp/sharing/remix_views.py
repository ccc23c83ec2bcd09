"""Making a remix: what would come along, one press, and how far the copying is."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from webapp.accounts.services import person
from webapp.core.jobs import request_cancel
from webapp.core.limits import client_address, spend
from webapp.core.toasts import say
from webapp.projects.rules import EDIT, fetch
from webapp.sharing import remix as remixes
from webapp.sharing.addresses import public_address
from webapp.sharing.models import Remix
from webapp.sharing.rules import shared_at


@never_cache
@require_http_methods(["GET", "POST"])
def remix(request: HttpRequest, code: str) -> HttpResponse:
    """Say what comes along; a POST makes the new AI, for a guest too, and goes there."""
    sharing = shared_at(request.user, code)
    if request.method == "POST":
        spend("remix", client_address(request))
        address = public_address(request, "play", code)
        project = remixes.begin(sharing=sharing, owner=person(request), address=address, with_pictures=request.POST.get("pictures", ""))
        say(request, _("This is your version. Change what you like: the original stays as it is."))
        return redirect("images:project", project.id)
    values = {"sharing": sharing, "project": sharing.project, "labels": sharing.project.labels.all(), "offer": remixes.offer(sharing, request.user)}
    return render(request, "sharing/remix.html", values)


@never_cache
@require_GET
def progress(request: HttpRequest, remix_id: UUID) -> HttpResponse:
    """How far the copying is: a part of the page for htmx, which then loads anew to show the pictures."""
    row = fetch(request.user, Remix.objects.select_related("project"), remix_id)
    if not request.htmx:
        return redirect("images:project", row.project_id)
    answer = render(request, "sharing/_remix.html", {"remix": row})
    if not row.is_live:
        answer["HX-Refresh"] = "true"
    return answer


@require_POST
def cancel(request: HttpRequest, remix_id: UUID) -> HttpResponse:
    """Stop the copying; what came stays."""
    row = fetch(request.user, Remix, remix_id, EDIT)
    request_cancel(row)
    return redirect("images:project", row.project_id)


@require_POST
def again(request: HttpRequest, remix_id: UUID) -> HttpResponse:
    """Copy what is still missing, after a failure or a stop."""
    row = fetch(request.user, Remix.objects.select_related("project", "source"), remix_id, EDIT)
    remixes.try_again(remix=row)
    return redirect("images:project", row.project_id)
