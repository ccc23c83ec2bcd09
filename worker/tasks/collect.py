from webapp.collect import work
from webapp.collect.models import Collection
from worker.app import app
from worker.perform import perform


@app.task(name=Collection.TASK)
def run(row_id: str) -> None:
    """Collect pictures from the web for a label."""
    perform(Collection, row_id, work.run)
