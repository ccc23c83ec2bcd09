from webapp.answers import work
from webapp.answers.models import Correction
from worker.app import app
from worker.perform import perform


@app.task(name=Correction.TASK)
def run(row_id: str) -> None:
    """Take a corrected picture in."""
    perform(Correction, row_id, work.run)
