"""What the fleet should do now, from what is known. Pure: no clock, no database, no network; the same situation gives the same decision.

Whatever is asked of it:
* no machine with a live lease is stopped; one that is to go first begins nothing new ("leaving") and is stopped when its work has ended;
* machines that may have to be paid never outnumber the limit, and no more than six are started in an hour;
* the month's budget holds: a machine may begin a training only while the longest training there may be could still be paid.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import product

WISHED, STARTING, RUNNING, STOPPING, STOPPED, UNKNOWN = "wished", "starting", "running", "stopping", "stopped", "unknown"
PAID = {WISHED, STARTING, RUNNING, STOPPING, UNKNOWN}  # what is not known may have to be paid
UP = {STARTING, RUNNING}
START, CREATE, STOP, LEAVE, STAY, HOLD = "start", "create", "stop", "leave", "stay", "hold"
ON, OFF = "on", "off"

HOUR = 3600.0
STARTS_AN_HOUR = 6
SLACK = 600.0  # seconds that may pass until a machine that we want to stop has stopped
REFUSED_FOR = 300.0  # seconds for which a type is not asked for again in a zone that had none
KEPT = 3  # machines in all, for each that may run: every one of them has a disk that costs


@dataclass(frozen=True)
class Rules:
    """What whoever runs the site has set. Times in seconds, money in the currency of the prices."""

    prices: Mapping[str, float]  # an hour of each type, the best type first
    zones: tuple[str, ...] = ("",)
    most: int = 1  # machines that run at once
    budget: float = 0.0  # of a month
    disk: float = 0.0  # what the disk of a machine costs a month, whether it runs or not
    idle: float = 900.0  # without work, after which a machine is stopped
    boot: float = 600.0  # without a worker, after which a started machine is taken for broken
    patience: float = 600.0  # for which work may wait before another machine is worth it
    longest: float = 6 * HOUR  # a lease lives at most

    def price(self, type: str) -> float:
        """An hour of a type; of one that is not listed, the highest that is known."""
        return self.prices.get(type, max(self.prices.values(), default=0.0))


@dataclass(frozen=True)
class Has:
    """A machine that exists. Times in seconds ago."""

    key: str
    state: str
    type: str
    zone: str
    leases: int = 0  # rows that it works on and has not given back
    age: float = 0.0  # since it was told to start
    idle: float = 0.0  # since it last had work, or was ready
    is_ready: bool | None = True  # whether its worker has said that it is there; None while nobody can know
    trainings: int = 1  # that it does at once
    leaving: float | None = None  # since it begins nothing new
    is_useless: bool = False  # it did not do its work lately, or its provider takes it back
    wish: str = ""  # of a person: on, off or nothing


@dataclass(frozen=True)
class Situation:
    """All that a decision is made from. Times in seconds."""

    machines: tuple[Has, ...] = ()
    waiting: int = 0  # trainings that only the fleet can do
    work: float = 0.0  # how long these, and those at work in the fleet, will take one after another
    oldest: float = 0.0  # how long the first of them waits
    starts: tuple[float, ...] = ()  # how long ago machines were started
    refusals: Mapping[tuple[str, str], float] = field(default_factory=dict)  # how long ago a type was refused in a zone
    spent: float = 0.0  # this month, without the disks of machines that still exist
    is_paused: bool = False
    is_quiet: bool = False  # the provider wants to be left alone
    is_wanted: bool = False  # a person wants one machine more

    @property
    def at_work(self) -> int:
        return sum(machine.leases for machine in self.machines)


@dataclass(frozen=True)
class Action:
    """One thing to do, and why: a word, and the numbers behind it."""

    verb: str
    why: str
    machine: str = ""
    type: str = ""
    zone: str = ""
    facts: Mapping[str, float] = field(default_factory=dict)


def decide(situation: Situation, rules: Rules) -> list[Action]:
    """What to do now: first who goes, then who comes. Where nothing is started, the last action says why not."""
    going = [action for machine in situation.machines for action in departures(machine, situation, rules)]
    going += too_dear(situation, rules, going)
    going += welcome_back(situation, rules, going)
    return going + arrivals(situation, rules, going)


# Who goes


def departures(machine: Has, situation: Situation, rules: Rules) -> list[Action]:
    """What a machine gives cause for by itself: a person wants it off, it leaves and is done, it is idle, or it does not work."""
    if machine.state not in UP:
        return []
    if machine.wish == OFF:
        return [go(machine, "person")]
    if machine.leases or situation.is_paused:
        return [stop(machine, "done")] if machine.leaving is not None and not machine.leases else []
    if machine.leaving is not None:
        return [stop(machine, "done")]
    if machine.is_ready is False:
        return [stop(machine, "no_worker", minutes=machine.age / 60)] if machine.age >= rules.boot else []
    if machine.idle < max(rules.idle, 0.0 if machine.is_ready else rules.boot):
        return []
    if not situation.waiting:
        return [stop(machine, "idle", minutes=machine.idle / 60)]
    return [stop(machine, "takes_nothing", minutes=machine.idle / 60)] if min(situation.oldest, machine.idle) >= rules.boot else []


def go(machine: Has, why: str, **facts: float) -> Action:
    """Stop a machine, or have it begin nothing new while it works."""
    return Action(LEAVE, why, machine.key, machine.type, machine.zone, facts) if machine.leases else stop(machine, why, **facts)


def stop(machine: Has, why: str, **facts: float) -> Action:
    return Action(STOP, why, machine.key, machine.type, machine.zone, facts)


def too_dear(situation: Situation, rules: Rules, going: list[Action]) -> list[Action]:
    """Machines that must begin nothing new, because the longest training could not be paid any more; those without work first."""
    over = committed(situation.machines, situation.spent, rules, going) - rules.budget
    staying = [machine for machine in situation.machines if machine.state in UP and machine.leaving is None and machine.key not in named(going)]
    found = []
    for machine in sorted(staying, key=lambda machine: (machine.leases > 0, -rules.price(machine.type), machine.key)):
        if over <= 0:
            break
        found.append(go(machine, "too_dear", spent=situation.spent, budget=rules.budget))
        # What works may go on for as long as before: letting it leave saves nothing yet, but nothing is added either.
        over -= 0.0 if machine.leases else hours(machine, rules) * rules.price(machine.type)
    return found


def welcome_back(situation: Situation, rules: Rules, going: list[Action]) -> list[Action]:
    """Machines at work that may begin something new again: there is money for it, with an hour to spare, no person wants them off, and they are of use."""
    total, found = committed(situation.machines, situation.spent, rules, going), []
    for machine in situation.machines:
        is_leaving = machine.state in UP and machine.leases and machine.leaving is not None and not machine.is_useless and machine.key not in named(going)
        more = rules.price(machine.type) * ((rules.longest + SLACK) / HOUR - hours(machine, rules) + 1)
        if is_leaving and total + more <= rules.budget:
            found.append(Action(STAY, "affordable", machine.key, machine.type, machine.zone))
            total += more
    return found


def committed(machines: Iterable[Has], spent: float, rules: Rules, going: list[Action]) -> float:
    """What the month costs if all that may happen without another decision happens: every machine takes the longest training now."""
    gone = named(action for action in going if action.verb == STOP)
    running = [machine for machine in machines if machine.state in PAID and machine.key not in gone]
    # Of the disks a whole month always: so the same sum also holds for the next month, of which nothing is spent yet.
    return spent + sum(rules.price(machine.type) * hours(machine, rules) for machine in running) + rules.disk * len(list(machines))


def hours(machine: Has, rules: Rules) -> float:
    """For how many hours a machine may still have to be paid, if it is told to leave as soon as that is decided again."""
    if machine.state == STOPPING or (machine.leaving is not None and not machine.leases):
        return SLACK / HOUR
    return max(SLACK, rules.longest + SLACK - (machine.leaving or 0.0)) / HOUR


def named(actions: Iterable[Action]) -> set[str]:
    """The machines that something is done to."""
    return {action.machine for action in actions}


# Who comes


def arrivals(situation: Situation, rules: Rules, going: list[Action]) -> list[Action]:
    """Machines to start; where these are not enough, at the end why there are no more."""
    count = missing(situation, rules, going)
    found, why = [], "no_types" if not rules.prices else "no_capacity" if rules.zones else "no_zones"
    for candidate in candidates(situation, rules) if count else ():
        if len(found) == count:
            break
        if obstacle := in_the_way(candidate, situation, rules, going, found):
            why = obstacle
        else:
            found.append(candidate)
    if count:
        return found + ([hold(why, situation, rules)] if len(found) < count else [])
    return [hold(calm(situation), situation, rules)]


def missing(situation: Situation, rules: Rules, going: list[Action]) -> int:
    """How many machines more there should be: so many that nothing waits longer than people have patience for, or that a person wants."""
    gone, back = named(action for action in going if action.verb != STAY), named(action for action in going if action.verb == STAY)
    staying = [machine for machine in situation.machines if machine.state in UP | {WISHED} and machine.key not in gone and (machine.leaving is None or machine.key in back)]
    busy = sum(machine.leases for machine in staying)
    least, most = max(busy, min(1, situation.waiting)), busy + situation.waiting
    needed = min(max(math.ceil(situation.work / rules.patience), least), most)
    by_demand = 0 if situation.is_paused else needed - sum(max(machine.trainings, machine.leases) for machine in staying)
    return max(by_demand, len(wished(situation)) + situation.is_wanted)


def wished(situation: Situation) -> list[Has]:
    """Stopped machines that a person wants on."""
    return [machine for machine in situation.machines if machine.state == STOPPED and machine.wish == ON]


def candidates(situation: Situation, rules: Rules) -> list[Action]:
    """What could be started, the best first: what a person names, then stopped machines, then new ones; each by the order of types and zones."""
    types, zones, why = list(rules.prices), list(rules.zones), "work" if situation.waiting else "person"
    usable = [machine for machine in situation.machines if machine.state == STOPPED and not machine.wish and not machine.is_useless and not is_refused(machine.type, machine.zone, situation)]
    usable.sort(key=lambda machine: (place(types, machine.type), place(zones, machine.zone), machine.key))
    old = [Action(START, "person" if machine.wish else why, machine.key, machine.type, machine.zone) for machine in wished(situation) + usable]
    new = [Action(CREATE, why, type=type, zone=zone) for type, zone in product(types, zones) if not is_refused(type, zone, situation)]
    return old + [action for action in new for _more in range(rules.most)]


def place(order: list[str], word: str) -> int:
    """Where a word stands; behind all where it does not."""
    return order.index(word) if word in order else len(order)


def is_refused(type: str, zone: str, situation: Situation) -> bool:
    return situation.refusals.get((type, zone), math.inf) < REFUSED_FOR


def in_the_way(candidate: Action, situation: Situation, rules: Rules, going: list[Action], found: list[Action]) -> str:
    """Why a machine may not be started now, beside those that are about to be; nothing where it may."""
    machines = with_new(situation.machines, [*found, candidate])
    if not rules.prices:
        return "no_types"  # nobody knows what it costs
    if situation.is_quiet:
        return "quiet"
    if sum(machine.state in PAID for machine in machines) > rules.most:
        return "most"
    if sum(age < HOUR for age in situation.starts) + len(found) >= STARTS_AN_HOUR:
        return "starts"
    if candidate.verb == CREATE and len(machines) > KEPT * rules.most:
        return "kept"
    # An hour to spare: what is started should not have to leave before it was of use.
    return "budget" if committed(machines, situation.spent, rules, going) + rules.price(candidate.type) > rules.budget else ""


def with_new(machines: tuple[Has, ...], starting: list[Action]) -> list[Has]:
    """The machines as they are once these have been started."""
    started = named(starting) - {""}
    old = [replace(machine, state=WISHED, leaving=None) if machine.key in started else machine for machine in machines]
    return old + [Has("", WISHED, action.type, action.zone) for action in starting if action.verb == CREATE]


def calm(situation: Situation) -> str:
    """Why nothing needs to be started."""
    if situation.is_paused:
        return "paused"
    if not situation.waiting:
        return "at_work" if situation.at_work else "nothing_waits"
    coming = [machine for machine in situation.machines if machine.state in (STARTING, WISHED) or (machine.state == RUNNING and not machine.is_ready)]
    return "coming" if coming else "enough"


def hold(why: str, situation: Situation, rules: Rules) -> Action:
    """Start nothing, or nothing more."""
    facts = {"waiting": situation.waiting, "minutes": round(situation.work / 60, 1), "most": rules.most, "budget": rules.budget, "spent": round(situation.spent, 2)}
    cheapest = min(rules.prices.values(), default=0.0)
    free = committed(situation.machines, situation.spent, rules, [])
    return Action(HOLD, why, facts=facts | {"reserved": round(free - situation.spent, 2), "reserve": round(cheapest * ((rules.longest + SLACK) / HOUR + 1), 2)})
