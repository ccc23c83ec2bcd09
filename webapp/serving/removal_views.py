"""Deleting runs and bringing them back; here and not in the training room, because the model goes and comes with its run."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from django_htmx.http import HttpResponseClientRedirect

from webapp.core.toasts import say
from webapp.projects.rules import EDIT, fetch
from webapp.serving import removal
from webapp.training.models import Run


@require_POST
def remove_run(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Delete a run; the page that comes next offers to take that back."""
    run = fetch(request.user, Run.objects.defer(*Run.BIG), run_id, EDIT)
    removal.remove(run=run)
    say(request, _("%(run)s is deleted.") % {"run": run.title}, undo=reverse("serving:bring_back_run", args=[run.id]))
    return redirect("training:runs", run.project_id)


@require_POST
def bring_back_run(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Take the deletion of a run back."""
    run = fetch(request.user, Run.everything.defer(*Run.BIG), run_id, EDIT)
    removal.bring_back(run=run)
    say(request, _("It is as it was."))
    if request.htmx:
        return HttpResponseClientRedirect(reverse("training:run", args=[run.id]))
    return redirect("training:run", run.id)
