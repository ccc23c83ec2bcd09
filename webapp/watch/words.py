"""What works now, in words for everybody: nothing of the inside, and for whatever does not work what that means and what to do."""

import threading
import time
from dataclasses import dataclass
from functools import cache

from django.db import DatabaseError, InterfaceError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from webapp.collect import quotas
from webapp.core import health
from webapp.core.health import OK
from webapp.watch import standing
from webapp.watch.standing import Kind

WORKS, SLOW, DOWN = "works", "slow", "down"
LONG = 60.0  # seconds in line that are called slow; of a training ten times as long
FRESH_SECONDS = 3.0
PICTURES = ("ingest.run", "collect.run", "answers.correct")
TRAINING = ("train.run",)
MINUTE = 60


@dataclass(frozen=True)
class Line:
    """One thing that people want to do: whether it works, what that means, and what to do (nothing, where it works)."""

    title: str
    state: str
    says: str
    advice: str = ""


@dataclass(frozen=True)
class Status:
    lines: list[Line]

    @property
    def state(self) -> str:
        """The worst of all lines."""
        return max((line.state for line in self.lines), key=(WORKS, SLOW, DOWN).index)


def now() -> Status:
    """The state of everything, as it was a few seconds ago at most."""
    parts = health.readiness().now()
    if parts["database"] != OK:
        return Status([asking(parts)])
    kinds, quota = latest().known()
    hands = parts["workers"] if parts["broker"] == OK else 0
    return Status([asking(parts), bringing(parts, hands, kinds), training(hands, kinds), *searching(quota)])


class Latest:
    """The rows as they stood when somebody looked last; one thread looks at a time."""

    def __init__(self) -> None:
        self._lock, self._found_at, self._found = threading.Lock(), float("-inf"), ({}, [])

    def known(self) -> tuple[dict[str, Kind], list[quotas.Quota]]:
        with self._lock:
            if time.monotonic() - self._found_at > FRESH_SECONDS:
                self._found_at, self._found = time.monotonic(), self._look()
            return self._found

    def _look(self) -> tuple[dict[str, Kind], list[quotas.Quota]]:
        try:
            return standing.now(), quotas.now()
        except (DatabaseError, InterfaceError):
            return self._found  # it went away in this very moment; the next look says so


@cache
def latest() -> Latest:
    return Latest()


def asking(parts: dict) -> Line:
    title = _("Looking at your AIs and asking them")
    if parts["database"] != OK:
        return Line(title, DOWN, _("The database of this server does not answer. Nothing that was stored is lost."), _("Wait a little: this page says when it works again."))
    if parts["store"] in ("unreachable", "slow"):
        return Line(title, DOWN, _("Pictures and models cannot be read just now. None of them is lost."), _("Wait a little: this page says when it works again."))
    return Line(title, WORKS, _("Works."))


def bringing(parts: dict, hands: int, kinds: dict[str, Kind]) -> Line:
    title = _("Bringing and collecting pictures")
    if parts["store"] in ("full", "read_only"):
        return Line(title, DOWN, _("There is no room for new pictures on this server. What is there stays."), _("Ask whoever runs this server to make room."))
    return in_line(title, hands, kinds, PICTURES, LONG)


def training(hands: int, kinds: dict[str, Kind]) -> Line:
    return in_line(_("Training"), hands, kinds, TRAINING, 10 * LONG)


def in_line(title: str, hands: int, kinds: dict[str, Kind], tasks: tuple[str, ...], patience: float) -> Line:
    """What a worker does: whether one is there, and how long the first in line has waited."""
    known = [kinds[task] for task in tasks if task in kinds]
    waiting, seconds = sum(kind.rows["queued"] for kind in known), max((kind.waits_seconds for kind in known), default=0.0)
    if not hands:
        return Line(title, DOWN, _("No worker is there at the moment. What waits keeps its place."), _("You need to do nothing: it starts by itself. If it stays so, tell whoever runs this server."))
    if seconds > patience:
        return Line(title, SLOW, busy(waiting, seconds), _("You need to do nothing: it starts by itself."))
    return Line(title, WORKS, _("Works.") if not waiting else ngettext("Works; %(count)d is in line.", "Works; %(count)d are in line.", waiting) % {"count": waiting})


def busy(waiting: int, seconds: float) -> str:
    """How many wait, and how long the first of them has."""
    minutes = max(1, round(seconds / MINUTE))
    return ngettext("Slow: %(count)d is in line, the first for %(minutes)d min.", "Slow: %(count)d are in line, the first for %(minutes)d min.", waiting) % {"count": waiting, "minutes": minutes}


def searching(found: list[quotas.Quota]) -> list[Line]:
    """Whether any search service may be asked; no line where none is set up."""
    pauses: dict[str, float] = {}
    for quota in found:
        if quota.what == "searches":
            pauses[quota.provider] = max(quota.pause, pauses.get(quota.provider, 0.0))
    if not pauses:
        return []
    title, soonest = _("Finding pictures on the web"), min(pauses.values())
    if soonest < MINUTE:
        return [Line(title, WORKS, _("Works."))]
    says = _("The search services ask for a pause of about %(minutes)d min.") % {"minutes": round(soonest / MINUTE)}
    return [Line(title, SLOW, says, _("You need to do nothing: what waits goes on by itself. You can bring pictures of your own meanwhile."))]
