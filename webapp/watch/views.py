from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET
from prometheus_client import CONTENT_TYPE_LATEST

from webapp.watch import numbers, words


@never_cache
@require_GET
def metrics(request: HttpRequest) -> HttpResponse:
    """The numbers for Prometheus, for whoever shows METRICS_TOKEN; for others, and where there is none, nothing is here."""
    shown = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not settings.METRICS_TOKEN or not constant_time_compare(shown, settings.METRICS_TOKEN):
        raise Http404
    return HttpResponse(numbers.text(), content_type=CONTENT_TYPE_LATEST)


@never_cache
@require_GET
def status(request: HttpRequest) -> HttpResponse:
    """What works now, in words; for htmx the part that changes."""
    template = "watch/_status.html" if request.htmx else "watch/status.html"
    return render(request, template, {"status": words.now()})
