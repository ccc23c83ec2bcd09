from webapp.similar import work
from webapp.similar.models import Index
from worker.app import app
from worker.perform import perform


def make(row_id) -> bool:
    """Make the index of a project's pictures; false where that is not for this worker now."""
    return perform(Index, str(row_id), work.run)


@app.task(name=Index.TASK)
def run(row_id: str) -> None:
    """Make the index of a project's pictures."""
    make(row_id)
