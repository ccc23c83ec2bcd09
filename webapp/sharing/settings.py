"""What an owner chooses about sharing."""

from uuid import UUID

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from webapp.core.errors import UserError
from webapp.core.toasts import say
from webapp.projects.models import Project
from webapp.projects.rules import OWN, fetch
from webapp.sharing import services
from webapp.sharing.models import Sharing


class SharingForm(forms.Form):
    """Who may ask, and what more they get."""

    visibility = forms.ChoiceField(choices=Project.VISIBILITIES, error_messages=dict.fromkeys(("required", "invalid_choice"), _("Choose who may ask this AI.")))
    description = forms.CharField(required=False, max_length=2000, error_messages={"max_length": _("A description has at most 2,000 characters. Please shorten it.")})
    shows_examples = forms.BooleanField(required=False)
    allows_remix = forms.BooleanField(required=False)
    gives_pictures = forms.BooleanField(required=False)


@require_POST
def share(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Save the share card."""
    project = fetch(request.user, Project, project_id, OWN)
    form = SharingForm(request.POST)
    if not form.is_valid():
        field, texts = next(iter(form.errors.items()))
        raise UserError(texts[0], field=field)
    services.share(project=project, **form.cleaned_data)
    say(request, said(project.visibility))
    return redirect(f"{reverse('projects:settings', args=[project.id])}#sharing")


def said(visibility: str) -> str:
    """What the choice means now."""
    sentences = {
        "private": gettext("Not shared. Only you and your members can ask it."),
        "unlisted": gettext("Shared. Whoever has the link can ask it."),
        "public": gettext("Shared with everybody. It is in the gallery."),
    }
    return sentences[visibility]


@require_POST
def renew(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Give the play page a new address."""
    project = fetch(request.user, Project, project_id, OWN)
    if sharing := Sharing.objects.filter(project=project).first():
        services.renew(sharing=sharing)
        say(request, gettext("The page has a new link. The old one no longer works."))
    return redirect(f"{reverse('projects:settings', args=[project.id])}#sharing")
