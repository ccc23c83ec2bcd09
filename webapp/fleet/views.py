"""The page of the machines, for whoever runs the site. What is pressed here is a wish; the controller answers it at its next look."""

from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from webapp.accounts.staff import for_staff
from webapp.core.toasts import say
from webapp.fleet import queries, services, setup
from webapp.fleet.models import Machine


@never_cache
@require_GET
@for_staff
def page(request: HttpRequest) -> HttpResponse:
    """The machines, what they cost, what happened to them, and why."""
    values = {"board": queries.board(), "budget": settings.FLEET_BUDGET, "most": settings.FLEET_MOST, "is_there": setup.is_there()}
    return render(request, "fleet/_board.html" if request.htmx else "fleet/page.html", values)


@require_POST
@for_staff
def switch_on(request: HttpRequest, machine_id: UUID) -> HttpResponse:
    """Start a machine, or keep one that is to go."""
    machine = get_object_or_404(Machine, id=machine_id)
    undo = undo_of(machine, Machine.ON)
    services.switch_on(machine=machine, by=request.user)
    say(request, _("“%(name)s” is wanted on. That happens at the next look.") % {"name": machine.name}, undo=undo)
    return redirect("fleet:page")


@require_POST
@for_staff
def switch_off(request: HttpRequest, machine_id: UUID) -> HttpResponse:
    """Stop a machine when its work has ended."""
    machine = get_object_or_404(Machine, id=machine_id)
    undo = undo_of(machine, Machine.OFF)
    services.switch_off(machine=machine, by=request.user)
    say(request, _("“%(name)s” stops as soon as it has no work.") % {"name": machine.name}, undo=undo)
    return redirect("fleet:page")


@require_POST
@for_staff
def take_back(request: HttpRequest, machine_id: UUID) -> HttpResponse:
    """Leave a machine to the controller again."""
    machine = get_object_or_404(Machine, id=machine_id)
    say(request, taken_back(services.take_back(machine=machine, by=request.user)))
    return redirect("fleet:page")


def undo_of(machine: Machine, word: str) -> str:
    """The address that takes a wish back: it makes it again what it is now, or nothing where it is that word already."""
    before = {Machine.ON: "fleet:on", Machine.OFF: "fleet:off"}
    before.pop(word)
    return reverse(before.get(machine.wish, "fleet:take_back"), args=[machine.id])


def taken_back(is_taken: bool) -> str:
    """What came of taking a wish back."""
    if is_taken:
        return _("Taken back.")
    return _("That was answered already. If a machine was started, stop it below.")


@require_POST
@for_staff
def start(request: HttpRequest) -> HttpResponse:
    """Start one machine more."""
    services.want_one(by=request.user)
    say(request, _("One machine more is wanted. That happens at the next look."), undo=reverse("fleet:want_none"))
    return redirect("fleet:page")


@require_POST
@for_staff
def want_none(request: HttpRequest) -> HttpResponse:
    """Start no machine more after all."""
    say(request, taken_back(services.want_none(by=request.user)))
    return redirect("fleet:page")


@require_POST
@for_staff
def pause(request: HttpRequest) -> HttpResponse:
    """Start and stop nothing by itself."""
    services.pause(by=request.user)
    say(request, _("Paused. Nothing is started or stopped by itself; the budget still holds."), undo=reverse("fleet:resume"))
    return redirect("fleet:page")


@require_POST
@for_staff
def resume(request: HttpRequest) -> HttpResponse:
    """Go on by itself."""
    services.resume(by=request.user)
    say(request, _("Machines are started and stopped by themselves again."), undo=reverse("fleet:pause"))
    return redirect("fleet:page")
