"""What happens in the fleet, written down where somebody can read it later: a kind, and facts; the sentences are in `words.py`."""

from datetime import datetime

from webapp.accounts.models import User
from webapp.fleet.models import Event, Machine

# What the controller decided
START, CREATE, STOP, LEAVE, STAY, HOLD = "start", "create", "stop", "leave", "stay", "hold"
STARTS = (START, CREATE)
TRIED = "tried"  # a start that was refused: it does not count as one
# What became of machines
FOUND, GONE, SWITCHED_ON, STOPPED, ENDED_BY_ITSELF, NEVER_CAME_UP, NOT_STOPPED, TAKEN = "found", "gone", "switched_on", "stopped", "ended_by_itself", "never_came_up", "not_stopped", "taken"
# What a provider said
NO_CAPACITY, LIMITED, NOT_ALLOWED, UNREACHABLE = "no_capacity", "limited", "not_allowed", "unreachable"
# What a person did
WISHED_ON, WISHED_OFF, WANTED, PAUSED, RESUMED, TAKEN_BACK = "wished_on", "wished_off", "wanted", "paused", "resumed", "taken_back"


def write(kind: str, now: datetime, machine: Machine | None = None, *, by: User | None = None, **facts) -> Event:
    """Write down that something has happened."""
    where = {"type": machine.type, "zone": machine.zone} if machine else {}
    return Event.objects.create(kind=kind, at=now, machine=machine, by=by, facts=facts, **where)
