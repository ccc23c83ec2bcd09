"""What a person wants of the fleet: rows that the controller reads at its next look. A wish that is made twice is one wish."""

from django.utils import timezone
from django.utils.translation import gettext as _

from webapp.accounts.models import User
from webapp.core.errors import UserError
from webapp.fleet import events, holding
from webapp.fleet.models import Controller, Machine


def switch_on(*, machine: Machine, by: User) -> None:
    """Want a machine on: a stopped one is started, one that is to go stays. Raises UserError."""
    if machine.state == Machine.GONE:
        raise UserError(_("This machine does not exist any more. Start another one."), code="gone", status=409)
    wish(machine, Machine.ON if machine.state == Machine.STOPPED else "", events.WISHED_ON, by)


def switch_off(*, machine: Machine, by: User) -> None:
    """Want a machine off: when its work has ended it is stopped, and not started by itself before somebody wants it on. Raises UserError."""
    if machine.state == Machine.GONE:
        raise UserError(_("This machine does not exist any more."), code="gone", status=409)
    wish(machine, Machine.OFF, events.WISHED_OFF, by)


def wish(machine: Machine, word: str, kind: str, by: User) -> None:
    if Machine.objects.filter(id=machine.id).exclude(wish=word).update(wish=word, wished_by=by):
        events.write(kind, timezone.now(), machine, by=by)


def take_back(*, machine: Machine, by: User) -> bool:
    """Want nothing of a machine: it is left to the controller again. False where the wish was answered already."""
    is_taken = Machine.objects.filter(id=machine.id).exclude(wish="").update(wish="", wished_by=None)
    if is_taken:
        events.write(events.TAKEN_BACK, timezone.now(), machine, by=by)
    return bool(is_taken)


def want_one(*, by: User) -> None:
    """Want one machine more, whichever can be had."""
    holding.row()
    if Controller.objects.filter(wanted=False).update(wanted=True, wanted_by=by):
        events.write(events.WANTED, timezone.now(), by=by)


def want_none(*, by: User) -> bool:
    """Want no machine more after all. False where the wish was answered already."""
    is_taken = Controller.objects.filter(wanted=True).update(wanted=False, wanted_by=None)
    if is_taken:
        events.write(events.TAKEN_BACK, timezone.now(), by=by)
    return bool(is_taken)


def pause(*, by: User) -> None:
    """Start and stop nothing without a person; the budget holds on."""
    holding.row()
    if Controller.objects.filter(paused=False).update(paused=True):
        events.write(events.PAUSED, timezone.now(), by=by)


def resume(*, by: User) -> None:
    """Go on by itself."""
    if Controller.objects.filter(paused=True).update(paused=False):
        events.write(events.RESUMED, timezone.now(), by=by)
