from functools import partial

from webapp.core import jobs
from webapp.serving.services import publish
from webapp.training import work
from webapp.training.models import Run
from worker import gpus, nursery
from worker.app import app
from worker.perform import perform
from worker.slots import more_hands


@app.task(name=Run.TASK)
def run(row_id: str) -> None:
    """Train, then publish what was learned."""
    if perform(Run, row_id, train):
        nursery.expect_training()  # who has trained once often trains again


def train(row: Run) -> None:
    """The work of a claimed run; one that asks for several GPUs leaves the others no hand for them."""
    with more_hands(Run.TASK, min(gpus.wanted(row.config), len(gpus.found())) - 1):
        work.run(row, spawn=partial(nursery.spawn, tell=lambda device: jobs.write(row, device=device)), publish=publish)
