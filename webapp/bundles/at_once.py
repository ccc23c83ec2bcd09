"""ZIPs that are made in a moment: by whoever asks for them, without waiting for a worker."""

import time

from trainer.sessions import give_back
from webapp.bundles import services, work
from webapp.bundles.models import Packing
from webapp.core import jobs
from webapp.core.errors import UserError
from webapp.serving.models import Model

PATIENCE = 10.0  # seconds that one who asks waits for another who is making the same


def get(*, model: Model, key: str) -> Packing:
    """The packing of a model in a format: done where that takes a moment, else queued or as far as it is. Raises UserError."""
    packing = services.start(model=model, key=key)
    if packing.is_live and not services.format_of(key).by_worker:
        mine = jobs.claim(Packing, packing.id, "web")
        packing = made(mine) if mine else waited(packing)
    return packing


def made(packing: Packing) -> Packing:
    """Do the work of a claimed packing, and write down how it ended. Raises UserError."""
    try:
        work.finish(packing, lambda: None)
    except UserError as error:
        jobs.fail(packing, error, "")
        raise
    finally:
        give_back()  # the network that was asked is not kept
    return packing


def waited(packing: Packing) -> Packing:
    """The packing that somebody else is making, as it is when it has ended, or after some seconds."""
    ends = time.monotonic() + PATIENCE
    while packing.is_live and time.monotonic() < ends:
        time.sleep(0.1)
        packing.refresh_from_db()
    return packing
