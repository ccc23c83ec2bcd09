"""What the review of pictures says on pages: why a picture stands out, and on step 1 that something is worth a look."""

from datetime import timedelta

from django import template
from django.utils import timezone
from django.utils.timesince import timesince
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from webapp.images.models import Image
from webapp.images.rows import Shelf
from webapp.review import cells
from webapp.review.models import Check
from webapp.review.queries import line

register = template.Library()


@register.filter
def reason_words(image: Image) -> str:
    """Why a picture is set aside or stands out, in a few words."""
    return cells.reason_words(image)


@register.filter
def when_checked(check: Check) -> str:
    """How long ago a check ended."""
    if not check.finished or timezone.now() - check.finished < timedelta(minutes=1):
        return _("Checked just now.")
    return _("Checked %(time)s ago.") % {"time": timesince(check.finished, depth=1)}


@register.filter
def found_words(check: Check) -> str:
    """What a check found, in words."""
    duplicate, strange, doubts = (check.found.get(name, 0) for name in ("duplicate", "off_topic", "suggestions"))
    said = [
        (duplicate, ngettext("%(count)d near duplicate set aside", "%(count)d near duplicates set aside", duplicate)),
        (strange, ngettext("%(count)d shows something else", "%(count)d show something else", strange)),
        (doubts, ngettext("%(count)d probably has a wrong label", "%(count)d probably have wrong labels", doubts)),
    ]
    return " ・ ".join(words % {"count": count} for count, words in said if count) or _("Nothing stood out.")


@register.inclusion_tag("review/_line.html")
def review_line(shelf: Shelf, *, oob: bool = False) -> dict:
    """On step 1: what is worth a look, and the way to the review page; asks again by itself while a check is under way."""
    return line(shelf.project, shelf.pictures, shelf.aside_count) | {"oob": oob}
