"""Taking a model away: the formats, what each is for, and its ZIP."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from webapp.bundles import at_once, queries
from webapp.bundles.download import sent
from webapp.core.jobs import request_cancel
from webapp.projects.rules import fetch
from webapp.serving.models import Model
from webapp.training.models import Run


@never_cache
@require_GET
def take(request: HttpRequest, model_id: UUID) -> HttpResponse:
    """The formats in which a model can be taken away."""
    model = model_of(request, model_id)
    return render(request, "bundles/take.html", {"project": model.project, "model": model, "offers": queries.offers(model)})


@never_cache
@require_GET
def one(request: HttpRequest, model_id: UUID, format: str) -> HttpResponse:
    """How far the ZIP of one format is: a part of the page for htmx."""
    model = model_of(request, model_id)
    if not request.htmx:
        return redirect("bundles:take", model.id)
    return render(request, "bundles/_offer.html", {"model": model, "offer": queries.offer(model, format)})


@require_POST
def make(request: HttpRequest, model_id: UUID, format: str) -> HttpResponse:
    """Have a ZIP made."""
    model = model_of(request, model_id)
    at_once.get(model=model, key=format)
    return back(model, format)


@require_POST
def cancel(request: HttpRequest, model_id: UUID, format: str) -> HttpResponse:
    """Stop the making of a ZIP."""
    model = model_of(request, model_id)
    packing = queries.offer(model, format).packing
    if packing:
        request_cancel(packing)
    return back(model, format)


@require_GET
def download(request: HttpRequest, model_id: UUID, format: str) -> HttpResponseBase:
    """The ZIP."""
    return sent(request, queries.offer(model_of(request, model_id), format))


def back(model: Model, key: str) -> HttpResponse:
    return redirect(reverse("bundles:take", args=[model.id]) + f"#{key}")


def model_of(request: HttpRequest, model_id: UUID) -> Model:
    """A model that this person may take away: whoever may see its project may."""
    return fetch(request.user, Model.objects.select_related("project", "run", "variant").defer(*Run.BIG_OF_RUN), model_id)
