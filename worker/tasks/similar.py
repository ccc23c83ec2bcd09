from webapp.similar import work
from webapp.similar.models import Index
from worker.app import app
from worker.perform import perform


@app.task(name=Index.TASK)
def run(row_id: str) -> None:
    """Make the index of a project's pictures."""
    perform(Index, row_id, work.run)
