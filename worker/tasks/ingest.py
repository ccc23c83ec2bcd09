from webapp.ingest import work
from webapp.ingest.models import Upload
from worker import nursery
from worker.app import app
from worker.perform import perform


@app.task(name=Upload.TASK)
def run(row_id: str) -> None:
    """Take in the files of an upload."""
    nursery.expect_training()  # who brings pictures trains next
    perform(Upload, row_id, work.run)
