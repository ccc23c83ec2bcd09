"""The queue on pages: where a run stands in line."""

from django import template

from webapp.training import queue, queue_words
from webapp.training.models import Run

register = template.Library()
register.filter("place_words", queue_words.sentence)
register.filter("in_line", queue_words.in_line)


@register.filter
def starts_words(place: queue.Place) -> str:
    return queue_words.starts(place.seconds)


@register.inclusion_tag("training/_place.html")
def place_in_line(run: Run) -> dict:
    """Where a waiting run stands, kept up to date by htmx; nothing for one that does not wait."""
    return {"run": run, "place": queue.place_of(run)}
