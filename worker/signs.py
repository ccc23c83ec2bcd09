"""Signs of life for the dead-man switch of the machine that this worker is on (`deploy/ec2/machine/aimaker-dead-man`).

One file is touched while the controller of the fleet sees the machines and wants this one, another one while this machine has work in hand. A controller
that lives but cannot reach or use its provider stops nothing, so it is no sign. Where the database does not answer neither is known, and neither is
touched: a machine that reaches nobody for half an hour is no use.
"""

import logging
from threading import Event

from django.conf import settings
from django.db import DatabaseError, InterfaceError, close_old_connections
from django.db.models.functions import Now

from webapp.core import jobs
from webapp.core.jobs import Job
from webapp.fleet.leaving import is_leaving
from webapp.fleet.queries import controller_lives

GIVE_EVERY = 30.0
CONTROLLER, WORK = "controller", "work"

log = logging.getLogger(__name__)


def watch(left: Event, name: str) -> None:
    """Give signs until this worker, of that name, has left."""
    trouble = ""
    while True:
        now = ""
        try:
            close_old_connections()
            give(name.rpartition(":")[0])
        except (DatabaseError, InterfaceError, OSError) as error:
            now = f"no signs for the dead-man switch: {error}"
        if now and not trouble:
            log.warning(now)
        trouble = now
        if left.wait(GIVE_EVERY):
            return


def give(machine: str) -> None:
    """Touch what holds at this moment. Raises DatabaseError, InterfaceError, OSError."""
    folder = settings.DATA / "signs"
    folder.mkdir(exist_ok=True)
    if controller_lives() and not is_leaving():
        (folder / CONTROLLER).touch()
    if has_work(machine):
        (folder / WORK).touch()


def has_work(machine: str) -> bool:
    """Whether a worker of this machine holds a row of any kind."""
    held = {"status": Job.RUNNING, "lease_until__gt": Now(), "worker__startswith": f"{machine}:"}
    return any(model._base_manager.filter(**held).exists() for model in jobs.kinds())
