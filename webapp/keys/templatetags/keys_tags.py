"""What the keys room puts on pages of other rooms: how a program asks, and the card of the settings page."""

from django import template
from django.conf import settings
from django.db.models import Count, Q, Sum
from django.http import HttpRequest
from django.urls import reverse

from webapp.keys.models import SCOPES, Key
from webapp.keys.services import living
from webapp.keys.snippets import NO_KEY, snippets
from webapp.keys.usage import first_day
from webapp.projects.models import Project

register = template.Library()


@register.inclusion_tag("keys/_program.html", takes_context=True)
def ask_from_program(context: template.Context, project: Project, model=None, key: str = NO_KEY) -> dict:
    """How a program of one's own asks: the published model of a project by the address that stays, or a model that is not published by its own."""
    by_model = model is not None and not model.published
    place = reverse("api:predict_by_model", args=[model.id]) if by_model else reverse("api:predict_by_project", args=[project.id])
    return {"project": project, "model": model, "snippets": snippets(address=base(context["request"]) + place, key=key), "has_key": key != NO_KEY}


@register.filter
def may(key: Key) -> str:
    """What a key may do, in words."""
    return ", ".join(str(words) for scope, words in SCOPES if key.may(scope))


@register.inclusion_tag("keys/_card.html", takes_context=True)
def keys_card(context: template.Context, project: Project) -> dict:
    """How many keys a project has and how much they were used lately; leads to their page."""
    lately = Sum("usage__calls", filter=Q(usage__day__gt=first_day()))
    return {"project": project} | living(Key.objects.filter(project=project)).aggregate(number=Count("id", distinct=True), calls=lately)


def base(request: HttpRequest) -> str:
    """Where we are reached from outside."""
    return settings.PUBLIC_URL or f"{request.scheme}://{request.get_host()}"
