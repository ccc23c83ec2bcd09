"""What the policy never does, whatever it is told: tried with situations that a library makes up, and with weeks that it lives through."""

import math
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from webapp.fleet.policy import (
    CREATE,
    HOLD,
    HOUR,
    LEAVE,
    PAID,
    RUNNING,
    SLACK,
    START,
    STARTING,
    STARTS_AN_HOUR,
    STAY,
    STOP,
    STOPPED,
    STOPPING,
    UNKNOWN,
    WISHED,
    Has,
    Rules,
    Situation,
    decide,
)

seconds = st.floats(0, 100_000)
TYPES, ZONES = ("small", "large"), ("a", "b")
machines = st.lists(
    st.builds(
        Has, key=st.uuids().map(str), state=st.sampled_from([WISHED, STARTING, RUNNING, STOPPING, STOPPED, UNKNOWN]), type=st.sampled_from([*TYPES, "strange"]),
        zone=st.sampled_from(ZONES), leases=st.integers(0, 2), age=seconds, idle=seconds, is_ready=st.sampled_from([True, False, None]),
        trainings=st.integers(1, 2), leaving=st.none() | seconds, is_useless=st.booleans(), wish=st.sampled_from(["", "on", "off"]),
    ),
    max_size=6,
).map(tuple)
situations = st.builds(
    Situation, machines=machines, waiting=st.integers(0, 20), work=seconds, oldest=seconds, starts=st.lists(st.floats(0, 5000), max_size=8).map(tuple),
    refusals=st.dictionaries(st.tuples(st.sampled_from(TYPES), st.sampled_from(ZONES)), st.floats(0, 600)), spent=st.floats(0, 120),
    is_paused=st.booleans(), is_quiet=st.booleans(), is_wanted=st.booleans(),
)
rules = st.builds(
    Rules, prices=st.just({"small": 0.5, "large": 1.2}) | st.just({}), zones=st.just(ZONES), most=st.integers(0, 4), budget=st.floats(0, 120),
    disk=st.floats(0, 3), idle=st.floats(60, 3600), boot=st.floats(60, 1200), patience=st.floats(60, 3600), longest=st.floats(600, 8 * HOUR),
)


@settings(deadline=None)
@given(situations, rules)
def test_one_decision_keeps_every_promise(situation, rules):
    actions = decide(situation, rules)
    by_key = {machine.key: machine for machine in situation.machines}
    starts = [action for action in actions if action.verb in (START, CREATE)]
    assert all(by_key[action.machine].leases == 0 and by_key[action.machine].state in (STARTING, RUNNING) for action in actions if action.verb == STOP)
    assert not starts or sum(machine.state in PAID for machine in situation.machines) + len(starts) <= rules.most
    assert not starts or len(starts) + sum(age < HOUR for age in situation.starts) <= STARTS_AN_HOUR
    assert not starts or most_it_can_cost(situation, rules, actions) <= rules.budget
    assert not {(action.type, action.zone) for action in starts if action.why != "person" and situation.refusals.get((action.type, action.zone), 999) < 300}
    assert not (starts and situation.is_quiet)
    named = [action.machine for action in actions if action.machine]
    assert len(named) == len(set(named)), "two things are done to one machine"
    assert [action.verb for action in actions].count(HOLD) <= 1
    assert decide(situation, rules) == actions


def most_it_can_cost(situation, rules, actions) -> float:
    """Spent, disks, and everything that runs running for as long as it may; reckoned here anew."""
    stopped = {action.machine for action in actions if action.verb == STOP}
    total = situation.spent + rules.disk * (len(situation.machines) + sum(action.verb == CREATE for action in actions))
    for action in actions:
        total += rules.prices[action.type] * rules.longest / HOUR if action.verb == CREATE else 0
    for machine in situation.machines:
        starts = any(action.machine == machine.key and action.verb == START for action in actions)
        if (machine.state in PAID and machine.key not in stopped and machine.state != STOPPING) or starts:
            going = machine.leaving is not None and not starts and not any(action.machine == machine.key and action.verb == STAY for action in actions)
            left = max(0.0, rules.longest - machine.leaving) if going and machine.leases else (0.0 if going else rules.longest)
            total += rules.prices.get(machine.type, max(rules.prices.values())) * left / HOUR
    return total


week = st.lists(st.tuples(st.floats(0, 3 * 24), st.floats(1, 400)), min_size=1, max_size=40)  # (after so many hours, a training of so many minutes)


@pytest.mark.nightly
@settings(max_examples=100, deadline=None)
@given(week, st.floats(5, 40), st.integers(1, 3), st.lists(st.booleans(), min_size=50, max_size=50))
def test_lived_through_no_budget_is_broken_and_no_machine_at_work_is_stopped(trainings, budget, most, capacity):
    live(Rules(prices={"small": 0.5, "large": 1.2}, zones=ZONES, most=most, budget=budget, disk=1.0, longest=7 * HOUR), sorted(trainings), capacity)


@pytest.mark.parametrize(("budget", "most", "minutes"), [(8.0, 1, 400), (15.0, 3, 400), (13.0, 3, 200), (20.0, 2, 20)])
def test_work_without_end_breaks_no_budget(budget, most, minutes):
    rules = Rules(prices={"small": 0.5, "large": 1.2}, zones=ZONES, most=most, budget=budget, disk=1.0, longest=7 * HOUR)
    world = live(rules, [(1.0, minutes)] * 500, [True, False, True])
    assert world.spent > 0.35 * budget, "nearly nothing of the budget was used"


def live(rules: Rules, trainings: list, capacity: list) -> "Life":
    """Four days of a small world, in which every promise is kept."""
    world = Life(rules, trainings, capacity)
    for _step in range(int(4 * 24 * HOUR / world.STEP)):
        world.step()
    assert world.spent + rules.disk * len(world.machines) <= rules.budget
    assert world.largest <= rules.most and world.busiest <= STARTS_AN_HOUR and not world.harmed
    return world


class Life:
    """A small world: trainings come, workers take them whenever they may, and the policy is asked every five minutes."""

    STEP = 300.0

    def __init__(self, rules, trainings, capacity):
        self.rules, self.coming, self.capacity = rules, [(hour * HOUR, minutes * 60) for hour, minutes in trainings], capacity
        self.now = self.spent = 0.0
        self.machines, self.left, self.queue, self.starts, self.refusals = {}, {}, [], [], {}
        self.largest = self.busiest = 0
        self.harmed = False

    def step(self):
        self.now += self.STEP
        self.work()
        for action in decide(self.situation(), self.rules):
            self.do(action)
        running = [machine for machine in self.machines.values() if machine.state in PAID]
        self.spent += sum(self.rules.price(machine.type) for machine in running) * self.STEP / HOUR
        self.largest = max(self.largest, len(running))
        self.busiest = max(self.busiest, sum(self.now - start < HOUR for start in self.starts))

    def work(self):
        while self.coming and self.coming[0][0] <= self.now:
            self.queue.append(self.coming.pop(0)[1])
        for key, machine in self.machines.items():
            if key in self.left:
                self.left[key] -= self.STEP
                if self.left[key] <= 0:
                    del self.left[key]
            if machine.state == RUNNING and machine.leaving is None and key not in self.left and self.queue:
                self.left[key] = self.queue.pop(0)
            aged = {"age": machine.age + self.STEP, "idle": 0.0 if key in self.left else machine.idle + self.STEP, "leases": int(key in self.left)}
            away = None if machine.leaving is None else machine.leaving + self.STEP
            self.machines[key] = replace(machine, leaving=away, state=RUNNING if machine.state == STARTING else machine.state, **aged)

    def situation(self):
        ages = {place: self.now - at for place, at in self.refusals.items()}
        work = sum(self.queue) + sum(self.left.values())
        starts = tuple(self.now - start for start in self.starts)
        return Situation(tuple(self.machines.values()), len(self.queue), work, starts=starts, refusals=ages, spent=self.spent)

    def do(self, action):
        if action.verb in (START, CREATE):
            if not self.capacity[len(self.starts) % len(self.capacity)]:
                self.refusals[action.type, action.zone] = self.now
                self.capacity = self.capacity[1:] + self.capacity[:1]
                return
            self.starts.append(self.now)
            key = action.machine or str(len(self.machines))
            self.machines[key] = Has(key, STARTING, action.type, action.zone)
        elif action.verb == STOP:
            self.harmed |= action.machine in self.left
            self.machines[action.machine] = replace(self.machines[action.machine], state=STOPPED, leaving=None, idle=0.0)
        elif action.verb in (LEAVE, STAY):
            machine = self.machines[action.machine]
            self.machines[action.machine] = replace(machine, leaving=None if action.verb == STAY else machine.leaving or 0.0)


@pytest.mark.parametrize(("at_once", "minutes"), [(1, 30), (3, 4), (5, 90), (8, 1200)])
def test_under_steady_work_machines_do_not_come_and_go(at_once, minutes):
    rules = Rules(prices={"small": 0.5}, most=4, budget=10_000.0)
    world = Life(rules, [], [True])
    for _step in range(200):
        world.queue += [minutes * 60] * max(0, at_once - len(world.queue) - len(world.left))
        world.step()
    assert len(world.starts) == len(world.machines) <= math.ceil(at_once * minutes * 60 / rules.patience)


def test_the_slack_covers_the_step_of_these_worlds():
    assert Life.STEP <= SLACK
