"""The work of a run, tied to what the rooms below do not know: the children that train, the GPUs, and the models that come of it."""

from functools import partial

from django.conf import settings
from django.utils.translation import gettext as _

from webapp.core import jobs, logs
from webapp.serving.services import publish
from webapp.training import work
from webapp.training.models import Run
from webapp.training.work import TrainingFailed
from worker import gpus, nursery
from worker import perform as performing
from worker.held import Held
from worker.slots import more_hands


def perform(row_id: str) -> bool:
    """Claim the run whose turn it is, as soon as its GPUs are free, and train; false when there was none for us.

    The GPUs are taken before the row: a run that waits for one is no attempt, and whoever can train it elsewhere may.
    """
    held = Held(settings.DATA / "gpus")
    try:
        return performing.perform(Run, row_id, partial(train, held=held), partial(has_gpus, held))
    finally:
        held.release()


def has_gpus(held: Held, run_id: object) -> bool:
    """Whether the GPUs that a run asks for are held for it now."""
    config = Run.everything.filter(id=run_id).values_list("config", flat=True).first()
    return config is not None and held.take(config)


def train(run: Run, held: Held) -> None:
    """Train and publish. A run that asks for several GPUs leaves the others no hand for them."""
    with more_hands(Run.TASK, len(held.gpus) - 1):
        work.run(run, spawn=partial(spawn, run, held), publish=publish)


def spawn(run: Run, held: Held, job: dict) -> nursery.Child:
    """Start a child for a run; raises TrainingFailed when it names GPUs that are not here."""
    if gpus.lacks(job["config"], gpus.found()):
        cause = _("The option devices says %(devices)s, and the machine that trains has %(count)d GPUs.")
        raise TrainingFailed(cause % {"devices": job["config"]["devices"], "count": len(gpus.found())}, _("Choose devices auto, and train again."))
    return nursery.spawn(job | {"logs": logs.baggage()}, held, tell=lambda device: jobs.write(run, device=device))
