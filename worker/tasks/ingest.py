from webapp.ingest import work
from webapp.ingest.models import Upload
from webapp.projects.models import Project
from webapp.review.services import look_through
from worker import nursery
from worker.app import app
from worker.perform import perform


@app.task(name=Upload.TASK)
def run(row_id: str) -> None:
    """Take in the files of an upload, then have the new pictures looked through."""
    nursery.expect_training()  # who brings pictures trains next
    if perform(Upload, row_id, work.run):
        look_through(Project.objects.filter(uploads=row_id))
