"""What machines cost: stretches of time at the price of their type, and their disks for as long as they exist. Rather too much than too little."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from webapp.fleet.models import Machine, Stretch

MONTH_HOURS = 730.0


@dataclass(frozen=True)
class Costs:
    """What was spent since a moment. `gone`: for disks of machines that do not exist any more; `disks`: of those that do."""

    time: float
    gone: float
    disks: float

    @property
    def total(self) -> float:
        return self.time + self.gone + self.disks


def month_of(now: datetime) -> datetime:
    """When the month of a moment began."""
    return now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def since(begin: datetime, now: datetime, disk: float) -> Costs:
    """What was spent from one moment to another. `disk`: of one machine, a month. Two queries."""
    rows = Stretch.objects.filter(Q(ended=None) | Q(ended__gt=begin)).values_list("price", "began", "ended")
    time = sum(price * hours(began, ended, begin, now) for price, began, ended in rows)
    # A machine that is gone was seen last when it went; one that never came to be, or was never seen, cost nothing.
    machines = Machine.objects.exclude(instance_id=None).exclude(state=Machine.GONE, seen__lt=begin)
    lives = list(machines.values_list("state", "created", "seen"))
    gone = sum(hours(created, seen or created, begin, now) for state, created, seen in lives if state == Machine.GONE)
    there = sum(hours(created, None, begin, now) for state, created, _seen in lives if state != Machine.GONE)
    return Costs(time, gone * disk / MONTH_HOURS, there * disk / MONTH_HOURS)


def hours(began: datetime, ended: datetime | None, begin: datetime, now: datetime) -> float:
    """How much of a time lies between two moments."""
    return max(0.0, ((min(ended, now) if ended else now) - max(began, begin)).total_seconds() / 3600)


def by_machine(machines: Iterable[Machine], now: datetime) -> dict[object, float]:
    """What the time of each of these machines has cost so far. One query."""
    spent: dict[object, float] = {}
    for machine, price, began, ended in Stretch.objects.filter(machine__in=list(machines)).values_list("machine", "price", "began", "ended"):
        spent[machine] = spent.get(machine, 0.0) + price * hours(began, ended, began, now)
    return spent
