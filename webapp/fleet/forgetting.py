"""What the daily sweep forgets of the fleet. Machines that existed stay, with what they cost."""

from datetime import timedelta

from django.utils import timezone

from webapp.fleet.models import Event, Machine
from webapp.fleet.sights import MAY_COME

TOLD_FOR = timedelta(days=90)  # that an event is kept


def forget_old(sender: object, **_sent) -> int:
    """What the daily sweep calls; gives how many files that were: none."""
    now = timezone.now()
    Machine.objects.filter(state=Machine.GONE, instance_id=None, created__lt=now - MAY_COME).delete()
    Event.objects.filter(at__lt=now - TOLD_FOR).delete()
    return 0
