"""ZIPs that are made in a moment: by whoever asks for them, without waiting for a worker."""

import time
from collections.abc import Callable
from threading import Lock

from django.conf import settings

from trainer.memory import give_back
from webapp.bundles import download, services, work
from webapp.bundles.models import Packing
from webapp.core import jobs
from webapp.core.errors import Cancelled, LeaseLost, UserError
from webapp.serving.models import Model

PATIENCE = 10.0  # seconds that one who asks waits for another who is making the same, or anything else in this process
one_at_a_time = Lock()  # each making loads a network of its own beside those that answer


def get(*, model: Model, key: str) -> Packing:
    """The packing of a model in a format: done where that takes a moment, else queued or as far as it is. Raises UserError."""
    packing = services.start(model=model, key=key)
    if packing.is_live and not services.needs_worker(model, services.format_of(key)):
        packing = tried(packing)
    return packing


def tried(packing: Packing) -> Packing:
    """The packing made here, unless this process or another is at work; then as it is after some seconds, and a worker may take it. Raises UserError."""
    if not one_at_a_time.acquire(timeout=PATIENCE):
        return looked_at(packing)
    try:
        mine = jobs.claim(Packing, packing.id, "web")
        if mine:
            return made(mine)
    finally:
        one_at_a_time.release()
    return waited(packing)


def made(packing: Packing) -> Packing:
    """Do the work of a claimed packing, and write down how it ended; one that was taken from us, or stopped, as it is then. Raises UserError."""
    try:
        work.finish(packing, beating(packing))
    except UserError as error:
        jobs.fail(packing, error, "")
        raise
    except Cancelled:
        jobs.finish(packing, Packing.CANCELLED)
    except LeaseLost:
        return looked_at(packing)  # its pictures changed, or it took too long: it is in line for a worker again
    finally:
        give_back()  # the network that was asked is not kept
    return packing


def beating(packing: Packing) -> Callable[[], None]:
    """A check that keeps a packing ours, by its own connection; it raises LeaseLost and Cancelled."""
    every, last = min(1.0, settings.LEASE_SECONDS / 4), time.monotonic()

    def check() -> None:
        nonlocal last
        if time.monotonic() - last >= every:
            jobs.beat(packing)
            last = time.monotonic()

    return check


def waited(packing: Packing) -> Packing:
    """The packing that somebody else is making, as it is when it has ended, or after some seconds."""
    ends = time.monotonic() + PATIENCE
    while packing.is_live and time.monotonic() < ends:
        time.sleep(0.1)
        packing = looked_at(packing)
    return packing


def looked_at(packing: Packing) -> Packing:
    """The packing as it is now; raises UserError where it is gone."""
    found = Packing.objects.filter(id=packing.id).first()
    if found is None:
        raise download.gone()
    found.model = packing.model
    return found
