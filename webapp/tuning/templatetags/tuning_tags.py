"""Numbers and names of the speed lab on its pages, and the way to it on pages of other rooms."""

from django import template

from webapp.tuning import words
from webapp.tuning.lab import Way

register = template.Library()
register.filter("milliseconds", words.milliseconds)
register.filter("share", words.share)
register.filter("full_name", words.full_name)
register.filter("on_machine", lambda tuning: words.machine(tuning.machine))


@register.filter
def plain(value: float | None) -> str:
    """A number for scripts, drawings and fields, the same in every language; nothing where there is none."""
    return "" if value is None else f"{value:.6g}"


@register.filter
def bare(value: float | None) -> str:
    """Milliseconds without their unit."""
    return "–" if value is None else words.number(value)


@register.filter
def megabytes(value: int | None) -> str:
    """Bytes as millions of them, to a tenth below a hundred."""
    return "–" if value is None else f"{value / 1e6:.1f}" if value < 1e8 else f"{value / 1e6:.0f}"


@register.filter
def shows_one(cell: list[Way]) -> bool:
    """Whether a field of the table has something to show."""
    return any(way.is_shown for way in cell)
