from webapp.collect import work
from webapp.collect.models import Collection
from worker import nursery
from worker.app import app
from worker.perform import perform


@app.task(name=Collection.TASK)
def run(row_id: str) -> None:
    """Collect pictures from the web for a label."""
    nursery.expect_training()  # who brings pictures trains next
    perform(Collection, row_id, work.run)
