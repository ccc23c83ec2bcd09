"""What a worker asks before it begins something: whether its machine is about to be stopped; and what it says when its provider takes the machine back."""

from django.conf import settings
from django.utils import timezone

from webapp.fleet import events
from webapp.fleet.models import Machine
from webapp.fleet.sights import REST


def is_leaving() -> bool:
    """Whether this machine is one of the fleet that shall begin nothing new."""
    return bool(settings.WORKER_NAME) and Machine.objects.filter(instance_id=settings.WORKER_NAME).exclude(leaving=None).exists()


def taken_back() -> None:
    """Write down that the provider takes this machine back: it begins nothing new and is reckoned with no more, so that another one may come at once."""
    now = timezone.now()
    machine = Machine.objects.filter(instance_id=settings.WORKER_NAME).first() if settings.WORKER_NAME else None
    if machine:
        Machine.objects.filter(id=machine.id).update(leaving=now, useless_until=now + REST)
        events.write(events.TAKEN, now, machine)
