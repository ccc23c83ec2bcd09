"""The slider for "none of these"."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from webapp.core.toasts import say
from webapp.core.ways_back import way_back
from webapp.projects.rules import EDIT, fetch
from webapp.serving import services
from webapp.serving.forms import KeepForm
from webapp.serving.models import Model


@require_POST
def keep(request: HttpRequest, model_id: UUID) -> HttpResponse:
    """Set how readily a model says "none of these", and go back to where the slider stood; a page that stays gets the sentence alone."""
    model = fetch(request.user, Model, model_id, EDIT)
    form = KeepForm(request.POST)
    if form.is_valid():
        services.set_keep(model=model, keep=form.cleaned_data["keep"] / 100)
        say(request, _("Saved. It counts from the next picture on."))
    else:
        say(request, next(iter(form.errors.values()))[0])
    if request.htmx:
        return render(request, "core/_toasts_oob.html", status=200 if form.is_valid() else 422)
    return HttpResponseRedirect(way_back(request, reverse("serving:try_model", args=[model.id])))
