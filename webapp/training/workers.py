"""What the workers that are there say of themselves. Asked as /readyz asks, once a second at most and never for long, and with one wait for all of it."""

from functools import cache

from webapp.core import broker
from webapp.core.broker import Strength
from webapp.core.health import Readiness


def hands() -> int:
    """How many trainings go on at once on all of them; 0 when Redis does not answer."""
    return presence().now()["hands"]


def strongest() -> Strength | tuple[()]:
    """What the strongest of them trains with; nothing where none is known."""
    return presence().now()["strongest"]


@cache
def presence() -> Readiness:
    return Readiness({"hands": broker.trainings, "strongest": broker.strongest}, hands=0, strongest=())
