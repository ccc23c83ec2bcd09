"""What the page shows of the fleet, in six queries."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from webapp.fleet import costs, holding, words
from webapp.fleet.models import Controller, Event, Machine

EVENTS = 50
GONE_FOR = timedelta(days=7)  # that a machine is shown after it has gone


@dataclass(frozen=True)
class Shown:
    """A machine as the page shows it."""

    row: Machine
    state: str  # one of the states of Machine; unknown where it was not seen lately
    word: str
    spent: float

    @property
    def may_start(self) -> bool:
        return self.row.state != Machine.GONE and (self.row.state == Machine.STOPPED or self.row.wish == Machine.OFF)

    @property
    def may_stop(self) -> bool:
        return self.row.state in (Machine.STARTING, Machine.RUNNING, Machine.UNKNOWN) and self.row.wish != Machine.OFF


@dataclass(frozen=True)
class Board:
    """All of the fleet at one moment."""

    controller: Controller
    is_alive: bool  # whether the controller looked lately
    machines: list[Shown]
    costs: costs.Costs
    reasons: list[str]
    events: list[tuple[Event, str]]


def board(now: datetime | None = None) -> Board:
    """What there is to see now."""
    now = now or timezone.now()
    controller = holding.row()
    fresh = now - lately()
    rows = list(Machine.objects.exclude(Q(state=Machine.GONE) & (Q(seen=None) | Q(seen__lt=now - GONE_FOR))))
    spent = costs.by_machine(rows, now)
    told = Event.objects.select_related("machine", "by")[:EVENTS]
    return Board(
        controller=controller,
        is_alive=controller.looked is not None and controller.looked > fresh,
        machines=[shown(row, spent.get(row.id, 0.0), fresh) for row in rows],
        costs=costs.since(costs.month_of(now), now, settings.FLEET_DISK),
        reasons=reasons(controller.thoughts),
        events=[(event, words.event(event)) for event in told],
    )


def shown(row: Machine, spent: float, fresh: datetime) -> Shown:
    """A machine; what was not seen lately is not known, whatever it was before."""
    state = row.state if row.state in (Machine.GONE, Machine.WISHED) or (row.seen and row.seen > fresh) else Machine.UNKNOWN
    return Shown(row, state, words.state(state), spent)


def reasons(thoughts: dict) -> list[str]:
    """Why the last decision was what it was, each reason once."""
    said = [words.why(action["why"], action["facts"]) for action in thoughts.get("actions", [])]
    return list(dict.fromkeys(said))


def lately() -> timedelta:
    """How long ago a look may be: some of them may fail."""
    return timedelta(seconds=max(120, 4 * settings.FLEET_LOOK_SECONDS))


def controller_lives() -> bool:
    """Whether a controller saw the machines lately and decided about them, by the database's clock; one that cannot reach its provider did not."""
    return Controller.objects.filter(looked__gt=Now() - lately()).exists()
