"""The page of the machines, for whoever runs the site."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from webapp.accounts.staff import for_staff
from webapp.fleet.models import Machine


@never_cache
@require_GET
@for_staff
def page(request: HttpRequest) -> HttpResponse:
    """The machines, what they cost, what happened to them, and why."""
    return render(request, "fleet/page.html", {"machines": Machine.objects.exclude(state=Machine.GONE)})
