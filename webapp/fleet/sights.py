"""What a provider shows, written into the rows of the machines. Where both disagree the provider is right, apart from what is under way."""

from datetime import datetime, timedelta

from django.db.models import Max, Q

from webapp.fleet import events, providers, setup
from webapp.fleet.models import STATES, Machine, Stretch
from webapp.fleet.providers import TOKEN_TAG, Seen

UNDER_WAY = timedelta(minutes=5)  # for which what we asked for may be invisible yet
MAY_COME = timedelta(days=1)  # for which a machine that we have given up may still turn out to have been made
REST = timedelta(hours=1)  # for which a machine is left alone that did not do its work


OBSERVED = ("instance_id", "type", "zone", "state", "seen", "asked", "ready", "busy", "leaving", "useless_until")  # what we write where it has changed: a person, or the worker there, may write in between


def take_in(seen: list[Seen], now: datetime) -> list[Machine]:
    """Bring every machine's row up to what the provider shows at this moment; gives those that were asked for and of which nothing can be seen."""
    rows = {row.instance_id: row for row in Machine.objects.exclude(instance_id=None)}
    nameless = {row.token: row for row in Machine.objects.filter(Q(state=Machine.WISHED) | Q(created__gt=now - MAY_COME), instance_id=None)}
    unheard = []
    for one in seen:
        row = rows.pop(one.instance_id, None) or nameless.pop(one.tags.get(TOKEN_TAG, ""), None)
        if row or one.state != providers.TERMINATED:
            row = note(row or found(one, now), one, now)
            unheard += [row] if row.state == Machine.STARTING and one.state == providers.STOPPED else []
    for row in rows.values():
        unseen(row, now)
    return unheard + [row for row in nameless.values() if row.state == Machine.WISHED]


def found(one: Seen, now: datetime) -> Machine:
    """A row for a machine of our pool that somebody else has made."""
    row = Machine.objects.create(instance_id=one.instance_id, type=one.type, zone=one.zone, state=Machine.UNKNOWN, created=one.launched or now, asked=now)
    events.write(events.FOUND, now, row)
    return row


def note(row: Machine, one: Seen, now: datetime) -> Machine:
    """Write down what one machine has become."""
    before, known = row.state, {name: getattr(row, name) for name in OBSERVED}
    row.instance_id, row.type, row.zone, row.seen = one.instance_id, one.type, one.zone, now
    row.state = state_of(row, one, now)
    if row.state == before:
        pass
    elif row.state == Machine.STOPPED:
        stopped(row, before, now)
    elif row.state == Machine.GONE:
        events.write(events.GONE, now, row)
    elif row.state == Machine.RUNNING and before in (Machine.STOPPED, Machine.GONE):
        row.asked, row.ready, row.busy, row.leaving = now, None, None, None
        events.write(events.SWITCHED_ON, now, row)
    row.save(update_fields=[name for name, value in known.items() if getattr(row, name) != value])
    reckon(row, one, now)
    return row


def state_of(row: Machine, one: Seen, now: datetime) -> str:
    """The state of a machine, in which what we have asked for but cannot be seen yet counts for five minutes."""
    shown = STATES.get(one.state, Machine.UNKNOWN)
    if row.asked and now - row.asked < UNDER_WAY and (row.state, shown) in ((Machine.STARTING, Machine.STOPPED), (Machine.STOPPING, Machine.RUNNING), (Machine.STOPPING, Machine.STARTING)):
        return row.state
    return shown


def stopped(row: Machine, before: str, now: datetime) -> None:
    """A machine has stopped: as we wished, by itself, or it never came up."""
    if before in (Machine.STARTING, Machine.WISHED):
        row.useless_until = now + REST
        events.write(events.NEVER_CAME_UP, now, row)
    elif before != Machine.UNKNOWN and row.leaving is None:
        events.write(events.ENDED_BY_ITSELF, now, row)
    else:
        events.write(events.STOPPED, now, row)
    row.ready = row.busy = row.leaving = None


def unseen(row: Machine, now: datetime) -> None:
    """A machine that its provider does not show: it is gone, unless it was asked for just now."""
    if row.state != Machine.GONE and now - (row.asked or row.created) > UNDER_WAY:
        Machine.objects.filter(id=row.id).update(state=Machine.GONE, leaving=None)
        events.write(events.GONE, now, row)
        close(row, now)


def reckon(row: Machine, one: Seen, now: datetime) -> None:
    """Open or close the time that has to be paid. A machine counts from when its provider started it."""
    if one.state in (providers.PENDING, providers.RUNNING):
        began = max(one.launched or now, Stretch.objects.filter(machine=row).aggregate(last=Max("ended"))["last"] or row.created)
        Stretch.objects.get_or_create(machine=row, open=True, defaults={"began": min(began, now), "price": setup.rules().price(row.type)})
    elif one.state != providers.UNKNOWN:
        close(row, now)


def close(row: Machine, now: datetime) -> None:
    Stretch.objects.filter(machine=row, open=True).update(open=None, ended=now)
