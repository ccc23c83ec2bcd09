"""One controller at a time: it holds the one row, for longer than any call to a provider takes, by the clock of the database."""

from datetime import timedelta

from django.db.models import F, Q
from django.db.models.functions import Now

from webapp.fleet.models import Controller

SECONDS = 90  # a provider answers within a minute


class Lost(Exception):
    """Another controller has taken over; this one must do nothing more."""


def row() -> Controller:
    """The one row."""
    return Controller.objects.get_or_create(id=1)[0]


def take(holder: str) -> int | None:
    """Take the row, or go on holding it; gives the number that every later write must still find, or None while another controller holds it."""
    row()
    end = Now() + timedelta(seconds=SECONDS)
    if not Controller.objects.filter(holder=holder, lease_until__gt=Now()).update(lease_until=end):
        is_free = Q(lease_until=None) | Q(lease_until__lte=Now())
        if not Controller.objects.filter(is_free).update(holder=holder, fence=F("fence") + 1, lease_until=end):
            return None
    return Controller.objects.filter(holder=holder).values_list("fence", flat=True).first()


def keep(fence: int, **values) -> None:
    """Hold on, before whatever must not be done twice, and write what we think; raises Lost."""
    if not Controller.objects.filter(fence=fence, lease_until__gt=Now()).update(lease_until=Now() + timedelta(seconds=SECONDS), **values):
        raise Lost("Another controller has taken over.")


def leave(holder: str) -> None:
    """Let another controller take over at once."""
    Controller.objects.filter(holder=holder).update(lease_until=None)
