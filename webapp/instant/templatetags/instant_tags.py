"""How good the AI is already, on the page of labels and pictures."""

from django import template

from webapp.images.rows import Shelf
from webapp.instant.words import Card, card

register = template.Library()


@register.simple_tag
def instant_card(shelf: Shelf) -> Card:
    """What is known of the instant model of a shelf's project."""
    return card(shelf.project, [row.label for row in shelf.rows], is_busy=shelf.is_busy)


@register.inclusion_tag("instant/_part.html")
def instant_part(shelf: Shelf) -> dict:
    """On the board: how many of the pictures it would name right already, how that grew, and what would help most."""
    return {"card": instant_card(shelf)}


@register.inclusion_tag("instant/_short.html")
def instant_short(shelf: Shelf) -> dict:
    """In the dock of a phone: only the number."""
    return {"card": instant_card(shelf)}


@register.inclusion_tag("instant/_said.html")
def instant_said(shelf: Shelf) -> dict:
    """For those who listen; it stays in the page, and its words change only when the number has come to rest."""
    return {"card": instant_card(shelf)}


@register.inclusion_tag("instant/_said_again.html")
def instant_said_again(shelf: Shelf) -> dict:
    """The words for those who listen, in an answer that swaps the board: the number may have come to rest just before."""
    return {"card": instant_card(shelf)}
