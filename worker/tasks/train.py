from webapp.training.models import Run
from worker import nursery
from worker.app import app
from worker.training import perform


@app.task(name=Run.TASK)
def run(row_id: str) -> None:
    """Train, then publish what was learned."""
    if perform(row_id):
        nursery.expect_training()  # who has trained once often trains again
