"""The controller: it looks at the machines and the rows, decides, writes down what it is going to do, and then does it.

It may be killed at any moment. A wish is a row before it is a call, with the token that the call carries; whoever comes next finds the row, looks
whether the call was heard, and calls again with the same token. So no wish becomes two machines, and none is forgotten.
"""

import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models.functions import Now

from webapp.core import broker
from webapp.fleet import costs, demand, events, holding, policy, setup, sights
from webapp.fleet.models import Controller, Event, Machine
from webapp.fleet.policy import Action, Has, Situation
from webapp.fleet.providers import Limited, NoCapacity, NotAllowed, Provider, ProviderTrouble, Unreachable

KINDS = {NoCapacity: events.NO_CAPACITY, Limited: events.LIMITED, NotAllowed: events.NOT_ALLOWED, Unreachable: events.UNREACHABLE}
AFTER_REFUSAL = timedelta(minutes=5)  # for which nothing is asked of a provider that does not let us
GIVEN_UP = timedelta(minutes=15)  # after which a wish that was never heard is forgotten
FOR_GOOD = ("person", "too_dear", "done")  # reasons to go that work in hand does not end
DID_NOTHING = ("no_worker", "takes_nothing")

log = logging.getLogger(__name__)


def database_clock() -> datetime:
    """The moment, as the database has it: of several controllers none goes by its own clock."""
    return Controller.objects.annotate(now=Now()).values_list("now", flat=True).get(id=1)


def look(provider: Provider, holder: str, clock: Callable[[], datetime] = database_clock) -> bool:
    """Look once, decide and act; False while another controller does. Raises Lost when one takes over meanwhile."""
    fence = holding.take(holder)
    if fence is None:
        return False
    now = clock()
    try:
        seen = provider.observe()
    except ProviderTrouble as trouble:
        refused(fence, trouble, now)
        return True
    holding.keep(fence)
    for machine in sights.take_in(seen, now):
        ask_again(machine, provider, fence, now)
    rules = rules_now(provider, fence, now)
    for _try in range(1 + len(rules.prices) * len(rules.zones)):
        if not decide_and_act(provider, rules, fence, now):
            break  # else a type was not to be had somewhere, and there may be another
    return True


def rules_now(provider: Provider, fence: int, now: datetime) -> policy.Rules:
    """The rules; where no zones are set, all those that the provider has for us."""
    rules = setup.rules()
    try:
        return rules if rules.zones else replace(rules, zones=provider.places())
    except ProviderTrouble as trouble:
        refused(fence, trouble, now)
        return rules  # nothing new can be made, but what is there is looked after


def decide_and_act(provider: Provider, rules: policy.Rules, fence: int, now: datetime) -> bool:
    """One decision, and what follows from it; whether a machine was refused that may be had elsewhere."""
    machines = list(Machine.objects.exclude(state=Machine.GONE))
    situation = situation_of(machines, rules, now)
    actions = policy.decide(situation, rules)
    holding.keep(fence, looked=now, trouble="", thoughts=thoughts(situation, actions))
    was_refused = [act(action, provider, fence, now) for action in actions]
    if not any(was_refused):
        answer_wishes(situation, actions, fence, now)
    return any(was_refused)


def situation_of(machines: list[Machine], rules: policy.Rules, now: datetime) -> Situation:
    """All that a decision is made from."""
    names = {machine.instance_id for machine in machines if machine.instance_id}
    workers, leases, row = broker.who(), demand.leases(), holding.row()
    said = {demand.machine_of(name): trainings for name, (trainings, _strength) in (workers or {}).items()}
    for machine in machines:
        hear(machine, said, leases, now)
    waits = demand.demand(names, workers)
    spent = costs.since(costs.month_of(now), now, rules.disk)
    return Situation(
        machines=tuple(as_has(machine, leases, workers is not None, now) for machine in machines),
        waiting=waits.waiting,
        work=waits.work,
        oldest=waits.oldest,
        starts=tuple((now - at).total_seconds() for at in latest(events.STARTS, now).values_list("at", flat=True)),
        refusals={(type, zone): (now - at).total_seconds() for type, zone, at in latest((events.NO_CAPACITY,), now).order_by("at").values_list("type", "zone", "at")},
        spent=spent.time + spent.gone,
        is_paused=row.paused,
        is_quiet=row.quiet_until is not None and row.quiet_until > now,
        is_wanted=row.wanted,
    )


def latest(kinds: tuple[str, ...], now: datetime):
    """Events of these kinds within the last hour."""
    return Event.objects.filter(kind__in=kinds, at__gt=now - timedelta(hours=1))


def hear(machine: Machine, said: dict[str, int], leases: Counter, now: datetime) -> None:
    """Write down that the worker of a machine is there, and that it has work."""
    if machine.state not in (Machine.RUNNING, Machine.STARTING):
        return
    before = machine.ready, machine.busy, machine.trainings
    if leases[machine.instance_id]:
        machine.busy = now
    if machine.instance_id in said or machine.busy:
        machine.ready = machine.ready or now
        machine.trainings = max(1, said.get(machine.instance_id, machine.trainings))
    if before != (machine.ready, machine.busy, machine.trainings):
        machine.save(update_fields=["ready", "busy", "trainings"])


def as_has(machine: Machine, leases: Counter, is_known: bool, now: datetime) -> Has:
    """A machine as the policy sees it."""

    def ago(moment: datetime | None) -> float | None:
        return None if moment is None else max(0.0, (now - moment).total_seconds())

    return Has(
        key=machine.token,
        state=machine.state,
        type=machine.type,
        zone=machine.zone,
        leases=leases[machine.instance_id],
        age=ago(machine.asked or machine.created),
        idle=ago(max(filter(None, (machine.asked, machine.ready, machine.busy, machine.created)))),
        is_ready=True if machine.ready else (False if is_known else None),
        trainings=machine.trainings,
        leaving=ago(machine.leaving),
        is_useless=machine.useless_until is not None and machine.useless_until > now,
        wish=machine.wish,
    )


def thoughts(situation: Situation, actions: list[Action]) -> dict:
    """What the page tells about a decision."""
    numbers = {name: getattr(situation, name) for name in ("waiting", "work", "oldest", "at_work", "spent")}
    return numbers | {"starts": sum(age < policy.HOUR for age in situation.starts), "actions": [asdict(action) for action in actions]}


def act(action: Action, provider: Provider, fence: int, now: datetime) -> bool:
    """Do one thing; whether a machine was refused that may be had elsewhere."""
    if action.verb == policy.HOLD:
        return False
    machine = Machine.objects.get(id=action.machine) if action.machine else Machine(type=action.type, zone=action.zone, created=now)
    if action.verb in (policy.START, policy.CREATE):
        wish(machine, action, fence, now)
        return ask_for(machine, provider, fence, now)
    {policy.STOP: stop, policy.LEAVE: leave, policy.STAY: stay}[action.verb](machine, action, provider, fence, now)
    return False


def wish(machine: Machine, action: Action, fence: int, now: datetime) -> None:
    """Write down that a machine shall be there, before anybody is asked for it."""
    with transaction.atomic():
        holding.keep(fence)
        machine.state = Machine.STARTING if machine.instance_id else Machine.WISHED
        machine.asked, machine.wish = now, ""
        machine.ready = machine.busy = machine.leaving = None
        machine.save()
        events.write(action.verb, now, machine, why=action.why)


def ask_for(machine: Machine, provider: Provider, fence: int, now: datetime) -> bool:
    """Ask for a machine that is wished for, once or again; whether there is none of its type in its zone."""
    holding.keep(fence)
    try:
        if machine.instance_id:
            provider.start(machine.instance_id)
        else:
            instance_id = provider.create(machine.type, machine.zone, machine.token)
            Machine.objects.filter(id=machine.id).update(instance_id=instance_id, state=Machine.STARTING)
    except Unreachable as trouble:
        refused(fence, trouble, now, machine)  # it may have been heard: the wish stands, and the next look asks again
    except ProviderTrouble as trouble:
        refused(fence, trouble, now, machine)
        Machine.objects.filter(id=machine.id).update(state=Machine.STOPPED if machine.instance_id else Machine.GONE)
        machine.events.filter(kind__in=events.STARTS, at=machine.asked).update(kind=events.TRIED)  # it is no start, and does not count as one
        return isinstance(trouble, NoCapacity)
    return False


def ask_again(machine: Machine, provider: Provider, fence: int, now: datetime) -> None:
    """Ask once more for a machine of which the provider shows nothing yet; after a while it is given up."""
    quiet_until = holding.row().quiet_until
    if now - machine.asked > GIVEN_UP:
        Machine.objects.filter(id=machine.id).update(state=Machine.STOPPED if machine.instance_id else Machine.GONE)
    elif not quiet_until or quiet_until <= now:
        ask_for(machine, provider, fence, now)


def stop(machine: Machine, action: Action, provider: Provider, fence: int, now: datetime) -> None:
    """Stop a machine, if it has no work either once it begins nothing new: a worker reads that after it has taken a row, and we read the rows after we have said it."""
    leave(machine, action, provider, fence, now)
    if demand.leases()[machine.instance_id]:
        Machine.objects.filter(id=machine.id).update(leaving=machine.leaving if action.why in FOR_GOOD else None)
        return
    tired = {"useless_until": now + sights.REST} if action.why in DID_NOTHING else {}
    with transaction.atomic():
        holding.keep(fence)
        if not machine.events.filter(kind=events.STOP, at__gte=machine.asked or machine.created).exists():
            events.write(events.STOP, now, machine, why=action.why, **action.facts)
        Machine.objects.filter(id=machine.id).update(state=Machine.STOPPING, asked=now, **tired)
    try:
        provider.stop(machine.instance_id)
    except ProviderTrouble as trouble:
        refused(fence, trouble, now, machine)
        Machine.objects.filter(id=machine.id).update(state=machine.state, asked=machine.asked)


def leave(machine: Machine, action: Action, provider: Provider, fence: int, now: datetime) -> None:
    """Have a machine begin nothing new."""
    holding.keep(fence)
    if machine.leaving is None:
        machine.leaving = now
        Machine.objects.filter(id=machine.id).update(leaving=now)
        if action.verb == policy.LEAVE:
            events.write(events.LEAVE, now, machine, why=action.why, **action.facts)


def stay(machine: Machine, action: Action, provider: Provider, fence: int, now: datetime) -> None:
    """Let a machine begin something new again."""
    holding.keep(fence)
    Machine.objects.filter(id=machine.id).update(leaving=None)
    events.write(events.STAY, now, machine, why=action.why)


def answer_wishes(situation: Situation, actions: list[Action], fence: int, now: datetime) -> None:
    """A person's wish is answered by one decision: with a machine, or with the reason why there is none."""
    keys = [machine.key for machine in policy.wished(situation)]
    why = next((action.why for action in actions if action.verb == policy.HOLD), "")
    for machine in Machine.objects.filter(id__in=keys, wish=Machine.ON):
        events.write(events.HOLD, now, machine, why=why)
    Machine.objects.filter(id__in=keys, wish=Machine.ON).update(wish="")
    if situation.is_wanted:
        holding.keep(fence, wanted=False)
        if why:
            events.write(events.HOLD, now, why=why)


def refused(fence: int, trouble: ProviderTrouble, now: datetime, machine: Machine | None = None) -> None:
    """Write down what a provider did not do, and leave it alone for as long as it wants."""
    kind = next((word for error, word in KINDS.items() if isinstance(trouble, error)), events.UNREACHABLE)
    log.warning("the provider of machines: %s", trouble)
    last = Event.objects.filter(kind=kind, machine=machine).first()
    if kind == events.NO_CAPACITY or not last or last.facts.get("said") != str(trouble) or now - last.at > AFTER_REFUSAL:
        events.write(kind, now, machine, said=str(trouble))
    quiet = {events.LIMITED: timedelta(seconds=getattr(trouble, "retry_after", 0)), events.NOT_ALLOWED: AFTER_REFUSAL}.get(kind)
    holding.keep(fence, trouble=str(trouble), **({"quiet_until": now + quiet} if quiet else {}))
