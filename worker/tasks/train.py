from functools import partial

from webapp.serving.services import publish
from webapp.training import work
from webapp.training.models import Run
from worker import nursery
from worker.app import app
from worker.perform import perform


@app.task(name=Run.TASK)
def run(row_id: str) -> None:
    """Train, then publish what was learned."""
    if perform(Run, row_id, partial(work.run, spawn=nursery.spawn, publish=publish)):
        nursery.expect_training()  # who has trained once often trains again
