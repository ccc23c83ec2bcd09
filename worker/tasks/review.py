from webapp.review import work
from webapp.review.models import Check
from worker.app import app
from worker.perform import perform


@app.task(name=Check.TASK)
def run(row_id: str) -> None:
    """Look through the pictures of a project."""
    perform(Check, row_id, work.run)
