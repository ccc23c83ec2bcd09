"""The game against the AI on other pages, and small things of its own."""

from django import template

from webapp.serving.models import Model
from webapp.sharing.models import Score, Sharing
from webapp.sharing.quiz import LEAST_ROUNDS

register = template.Library()


@register.inclusion_tag("sharing/_quiz_link.html")
def quiz_link(sharing: Sharing, model: Model | None) -> dict:
    """The way from a play page to the game, where there is one."""
    there = sharing.shows_examples and model is not None and model.run.val_images >= LEAST_ROUNDS
    return {"sharing": sharing, "there": there}


@register.filter
def is_among(score: Score, ids: list[str]) -> bool:
    return str(score.id) in ids


@register.filter
def hue(place: int) -> int:
    """1 to 8: the colour of the label at this place."""
    return place % 8 + 1
