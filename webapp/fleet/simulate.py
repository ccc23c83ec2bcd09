"""Weeks of demand, lived through in seconds: how long trainings wait and what the machines cost, with our policy and with simpler ones."""

import random
import statistics
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from webapp.fleet.policy import CREATE, HOUR, LEAVE, RUNNING, START, STARTING, STAY, STOP, STOPPED, STOPPING, Action, Has, Rules, Situation, decide

STEP = 15.0  # seconds from look to look
DAY = 24 * HOUR
BOOTS, HALTS = (120.0, 210.0), 45.0  # seconds until a worker is there, and until a machine has stopped
LESSONS = (9, 10, 11, 13, 14)
TWENTY_MINUTES = 1200.0

Policy = Callable[[Situation, Rules], list[Action]]


@dataclass(frozen=True)
class Training:
    """When somebody presses Train, and how long the training takes, in seconds."""

    at: float
    seconds: float


@dataclass
class Outcome:
    """What came of weeks: waiting times in seconds, hours of machines, money, starts."""

    name: str
    waits: list[float] = field(default_factory=list)
    hours: float = 0.0
    cost: float = 0.0
    starts: int = 0

    def wait(self, share: float) -> float:
        """The time within which a share of the trainings has begun."""
        return sorted(self.waits)[min(len(self.waits) - 1, int(share * len(self.waits)))]


def trainings(weeks: int, seed: int) -> list[Training]:
    """A school: lessons on weekdays, some pupils in the evening, a contest on each second Saturday, holidays in each fourth week."""
    draw = random.Random(seed)
    found = [at for week in range(weeks) for day in range(7) for at in moments(draw, week, day)]
    return sorted((Training(at, min(3000.0, draw.lognormvariate(5.2, 0.7))) for at in found), key=lambda training: training.at)


def moments(draw: random.Random, week: int, day: int) -> Iterator[float]:
    """When Train is pressed on a day, in seconds since the first Monday."""
    morning = (7 * week + day) * DAY
    is_holiday = week % 4 == 3
    for lesson in LESSONS if day < 5 and not is_holiday and draw.random() < 0.6 else ():
        if draw.random() < 0.6:
            yield from (morning + lesson * HOUR + TWENTY_MINUTES + draw.uniform(0, TWENTY_MINUTES) for _pupil in range(draw.randint(8, 28)))
    yield from (morning + draw.uniform(16, 22) * HOUR for _pupil in range(draw.randint(0, 2 if is_holiday else 5)))
    if day == 5 and week % 2 == 1:
        yield from (morning + 14 * HOUR + draw.uniform(0, HOUR) for _pupil in range(60))


def at_demand(situation: Situation, rules: Rules) -> list[Action]:
    """What is simplest: a machine for each training that waits, and each one stopped when it has nothing to do."""
    stops = [Action(STOP, "idle", machine.key) for machine in situation.machines if machine.state == RUNNING and not machine.leases and not situation.waiting]
    up = [machine for machine in situation.machines if machine.state in (STARTING, RUNNING, STOPPING)]
    coming = sum(machine.state == STARTING for machine in up)
    count = max(0, min(rules.most - len(up), situation.waiting - coming))
    asleep = [machine for machine in situation.machines if machine.state == STOPPED][:count]
    type = next(iter(rules.prices))
    return stops + [Action(START, "work", machine.key) for machine in asleep] + [Action(CREATE, "work", type=type)] * (count - len(asleep))


def always_on(situation: Situation, rules: Rules) -> list[Action]:
    """As many as may run, day and night."""
    return [Action(CREATE, "work", type=next(iter(rules.prices)))] * (rules.most - len(situation.machines))


class World:
    """Machines, trainings and time. One training at a time on each machine, whoever came first first."""

    def __init__(self, name: str, policy: Policy, rules: Rules, coming: list[Training], seed: int):
        self.outcome, self.policy, self.rules = Outcome(name), policy, rules
        self.coming, self.draw = list(reversed(coming)), random.Random(seed)
        self.now = 0.0
        self.waiting: list[Training] = []
        self.machines: dict[str, Has] = {}
        self.ends: dict[str, float] = {}  # of the training on a machine
        self.changes: dict[str, float] = {}  # when a machine that starts or stops will have done so
        self.since: dict[str, float] = {}  # idle
        self.starts: list[float] = []

    def live(self, until: float) -> Outcome:
        """Go on until a moment, and until all is done that was asked for before it."""
        while self.now < until or self.coming or self.waiting or self.ends:
            self.now += STEP
            self.step()
        return self.outcome

    def step(self) -> None:
        while self.coming and self.coming[-1].at <= self.now:
            self.waiting.append(self.coming.pop())
        for key in list(self.machines):
            self.go_on(key)
        if self.machines or self.waiting or self.policy is always_on:
            for action in self.policy(self.situation(), self.rules):
                self.do(action)
        for machine in self.machines.values():
            if machine.state in (STARTING, RUNNING, STOPPING):
                self.outcome.hours += STEP / HOUR
                self.outcome.cost += self.rules.price(machine.type) * STEP / HOUR

    def go_on(self, key: str) -> None:
        """What a machine does by itself: come up, go down, end a training, begin the next."""
        machine = self.machines[key]
        if self.changes.get(key, self.now + 1) <= self.now:
            del self.changes[key]
            machine = replace(machine, state=RUNNING if machine.state == STARTING else STOPPED, leaving=None)
            self.since[key] = self.now
        if self.ends.get(key, self.now + 1) <= self.now:
            del self.ends[key]
            self.since[key] = self.now
        if machine.state == RUNNING and machine.leaving is None and key not in self.ends and self.waiting:
            training = self.waiting.pop(0)
            self.outcome.waits.append(self.now - training.at)
            self.ends[key] = self.now + training.seconds
        self.machines[key] = replace(machine, leases=int(key in self.ends), idle=self.now - self.since[key], is_ready=machine.state == RUNNING)

    def situation(self) -> Situation:
        work = sum(training.seconds for training in self.waiting) + sum(end - self.now for end in self.ends.values())
        oldest = max((self.now - training.at for training in self.waiting), default=0.0)
        self.starts = [start for start in self.starts if self.now - start < HOUR]
        starts = tuple(self.now - start for start in self.starts)
        return Situation(tuple(self.machines.values()), len(self.waiting), work, oldest, starts, spent=self.outcome.cost % max(1.0, self.rules.budget))

    def do(self, action: Action) -> None:
        key = action.machine or str(len(self.machines))
        if action.verb in (START, CREATE):
            self.machines[key] = replace(self.machines[key], state=STARTING) if action.machine else Has(key, STARTING, action.type, action.zone)
            self.changes[key] = self.now + self.draw.uniform(*BOOTS)
            self.since[key] = self.now
            self.starts.append(self.now)
            self.outcome.starts += 1
        elif action.verb == STOP:
            self.machines[key] = replace(self.machines[key], state=STOPPING, leaving=0.0)
            self.changes[key] = self.now + HALTS
        elif action.verb in (LEAVE, STAY):
            self.machines[key] = replace(self.machines[key], leaving=None if action.verb == STAY else 0.0)


def compare(rules: Rules, weeks: int, seed: int) -> list[Outcome]:
    """The same weeks with each policy. The budget is set out of reach: what is compared is what each would spend."""
    coming, free = trainings(weeks, seed), replace(rules, budget=1e9, zones=rules.zones or ("",))
    ways = [("one, always on", always_on, replace(free, most=1)), (f"{rules.most}, always on", always_on, free), ("at demand, off at once", at_demand, free), ("ours", decide, free)]
    return [World(name, policy, its, coming, seed).live(weeks * 7 * DAY) for name, policy, its in ways]


def table(outcomes: list[Outcome], weeks: int) -> list[str]:
    """Lines of a table, in Markdown."""
    lines = ["| machines | waits p50 | p95 | longest | hours a week | cost a week | starts a week |", "|---|---|---|---|---|---|---|"]
    for one in outcomes:
        waits = " | ".join(f"{seconds:,.0f} s" for seconds in (statistics.median(one.waits), one.wait(0.95), max(one.waits)))
        lines.append(f"| {one.name} | {waits} | {one.hours / weeks:.1f} | {one.cost / weeks:.2f} | {one.starts / weeks:.1f} |")
    return lines
