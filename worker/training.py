"""The work of a claimed run, tied to what the rooms below do not know: the children that train, the GPUs, and the models that come of it."""

from functools import partial

from webapp.core import jobs
from webapp.serving.services import publish
from webapp.training import work
from webapp.training.models import Run
from worker import gpus, nursery
from worker.slots import more_hands


def train(run: Run) -> None:
    """Train and publish. A run that asks for several GPUs leaves the others no hand for them."""
    with more_hands(Run.TASK, min(gpus.wanted(run.config), len(gpus.found())) - 1):
        work.run(run, spawn=partial(nursery.spawn, tell=lambda device: jobs.write(run, device=device)), publish=publish)
