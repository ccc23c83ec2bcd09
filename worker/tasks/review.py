from functools import partial

from webapp.review import work
from webapp.review.models import Check
from webapp.similar import candidates
from worker.app import app
from worker.perform import perform
from worker.tasks import similar


@app.task(name=Check.TASK)
def run(row_id: str) -> None:
    """Look through the pictures of a project, with the index that it is searched with."""
    perform(Check, row_id, partial(work.run, index=partial(candidates.of_pictures, make=similar.make)))
