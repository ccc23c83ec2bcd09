"""Collecting on the page of labels and pictures: the button of a label, other search words, and work in progress."""

from datetime import timedelta

from django import template
from django.db.models import Q
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import ngettext_lazy

from webapp.collect.models import Collection
from webapp.images.rows import Shelf
from webapp.projects.models import Label, Project

register = template.Library()
FRESH = timedelta(minutes=15)  # how long an ended collection still says how it went


@register.inclusion_tag("collect/_button.html", takes_context=True)
def collect_button(context: template.Context, label: Label) -> dict:
    """Collect pictures of a label from the web, by its name."""
    return {"label": label, "csrf_token": context.get("csrf_token")}


@register.inclusion_tag("collect/_all.html", takes_context=True)
def collect_all(context: template.Context, shelf: Shelf, css: str = "sun big") -> dict:
    """Collect for every label that has too few pictures, in one press."""
    return {"shelf": shelf, "css": css, "project": shelf.project, "csrf_token": context.get("csrf_token")}


@register.inclusion_tag("collect/_words.html", takes_context=True)
def collect_words(context: template.Context, label: Label) -> dict:
    """Collect with other words than the name of the label."""
    return {"label": label, "csrf_token": context.get("csrf_token")}


@register.simple_tag
def newest_collections(project: Project) -> dict:
    """The newest collection by label id, of those that are live or ended a moment ago; one query for all labels of a page."""
    wanted = Q(status__in=Collection.LIVE) | Q(finished__gte=timezone.now() - FRESH)
    rows = project.collections.filter(wanted).select_related("label").order_by("created")
    return {row.label_id: row for row in rows}


@register.inclusion_tag("collect/_slot.html", takes_context=True)
def collect_slot(context: template.Context, label: Label, newest: dict) -> dict:
    """Where the newest collection of a label tells how far it is."""
    return {"label": label, "collection": newest.get(label.id), "csrf_token": context.get("csrf_token")}


REASONS = {
    "duplicate": ngettext_lazy("%(count)d was here already", "%(count)d were here already", "count"),
    "near_duplicate": ngettext_lazy("%(count)d looked nearly the same and was set aside", "%(count)d looked nearly the same and were set aside", "count"),
    "too_small": ngettext_lazy("%(count)d too small", "%(count)d too small", "count"),
    "damaged": ngettext_lazy("%(count)d could not be read", "%(count)d could not be read", "count"),
    "unreachable": ngettext_lazy("%(count)d could not be fetched", "%(count)d could not be fetched", "count"),
}
OTHERWISE = ngettext_lazy("%(count)d did not fit", "%(count)d did not fit", "count")


@register.simple_tag
def refusal_words(refusal: dict) -> str:
    """Why pictures were not taken, in words: {"reason", "count"} -> "3 too small"."""
    return REASONS.get(refusal["reason"], OTHERWISE) % {"count": refusal["count"]}


@register.simple_tag
def with_clocks(text: str, lines: list[dict]) -> str:
    """The sentence, with the times that the lines of providers name marked, so that the browser tells them in its own zone."""
    for number, line in enumerate(lines):
        before, clock, after = text.partition(line["clock"]) if line.get("clock") else (text, "", "")
        if clock:
            time = format_html('<time datetime="{}" data-clock>{}</time>', line["until"], clock)
            return format_html("{}{}{}", before, time, with_clocks(after, lines[number:]))
    return format_html("{}", text)
