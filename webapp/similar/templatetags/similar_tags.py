"""What the page "Find similar" says."""

from collections.abc import Iterable

from django import template
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from webapp.images.models import Image
from webapp.projects.models import Project
from webapp.similar.finding import Found
from webapp.similar.forms import Asked

register = template.Library()


@register.filter
def two_digits(distance: float) -> str:
    """A distance as people read it."""
    return number_format(distance, 2)


@register.filter
def project_name(image: Image, projects: Iterable[Project]) -> str:
    """The name of the project of a picture, of those that the page knows already."""
    return next((project.name for project in projects if project.id == image.project_id), "")


@register.simple_tag
def finding(found: Found, asked: Asked) -> str:
    """What was found, in a sentence."""
    if asked.duplicates:
        count = len(found.neighbours)
        return ngettext("%(count)d picture is nearly the same", "%(count)d pictures are nearly the same", count) % {"count": count} if count else _("No picture is nearly the same as this one")
    if found.question.label:
        return of_label(found) % {"name": found.question.label.name}
    if len(found.question.pictures) > 1 and found.neighbours:
        return _("These come nearest to all that you chose together")
    if not found.neighbours and found.outcome.left_out:
        return _("Your pictures are still being made searchable. Try again in a few seconds.")
    return said(found.closeness)


def of_label(found: Found) -> str:
    is_pure = [label for label, _count in found.labels] == [found.question.label]
    return _("These are the most typical of “%(name)s”") if is_pure else _("These look most like “%(name)s”")


def said(closeness: str) -> str:
    """What the distance of the nearest picture means."""
    return {
        "same": _("There is one that is the same, or nearly"),
        "very": _("I know pictures that are very much like it"),
        "quite": _("These look like it"),
        "far": _("Nothing here looks much like it. These come nearest"),
        "": _("There is no other picture to compare it with yet"),
    }[closeness]


@register.simple_tag
def left_out(found: Found) -> str:
    """What was not searched, in a sentence; empty where everything was."""
    if found.outcome.is_behind:
        return _("The newest pictures are still being made searchable and are not among these yet.")
    count = found.outcome.left_out
    text = ngettext(
        "%(count)d AI was not searched: it is still being made searchable, or you have too many pictures for one search. Its own page searches it.",
        "%(count)d AIs were not searched: they are still being made searchable, or you have too many pictures for one search. Their own pages search them.",
        count,
    )
    return text % {"count": count} if count else ""


@register.simple_tag
def search_facts(found: Found) -> str:
    """How the search was done: how long it took, and how much of what is nearest it misses, where it may miss some."""
    recall = found.outcome.recall
    took = _("Found in %(milliseconds)s ms") % {"milliseconds": number_format(max(1, round(found.milliseconds)))}
    if recall is None:
        return took
    return took + " ・ " + _("%(share)s of 100 of the nearest are found") % {"share": number_format(100 * recall, 1)}
