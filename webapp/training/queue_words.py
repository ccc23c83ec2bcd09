"""The queue in words: "3rd in line, starts in about 4 min"."""

from django.utils.translation import gettext as _

from webapp.training.queue import Place

SOON = 10  # seconds that are called a moment
MINUTE, HOUR = 60, 3600


def in_line(number: int) -> str:
    """"Next in line", "2nd in line", "11th in line"."""
    if number == 1:
        return _("Next in line")
    return sentence_of(number) % {"number": number}


def sentence_of(number: int) -> str:
    # Four sentences, because other languages put the number elsewhere; most need only one of them.
    ending = 0 if 10 < number % 100 < 14 else number % 10
    return {1: _("%(number)dst in line"), 2: _("%(number)dnd in line"), 3: _("%(number)drd in line")}.get(ending, _("%(number)dth in line"))


def starts(seconds: float | None) -> str:
    """"starts in about 4 min"; None while no worker is there."""
    if seconds is None:
        return _("starts as soon as a worker is there")
    if seconds < SOON:
        return _("starts in a moment")
    if seconds < 1.5 * MINUTE:
        return _("starts in about %(seconds)d s") % {"seconds": round(seconds, -1)}
    if seconds < 1.5 * HOUR:
        return _("starts in about %(minutes)d min") % {"minutes": round(seconds / MINUTE)}
    return _("starts in about %(hours)d h") % {"hours": round(seconds / HOUR)}


def sentence(place: Place) -> str:
    """Where a run stands, and when it starts."""
    return _("%(place)s, %(starts)s") % {"place": in_line(place.position), "starts": starts(place.seconds)}
