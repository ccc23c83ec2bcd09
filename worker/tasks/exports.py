from webapp.exports import work
from webapp.exports.models import Export
from worker.app import app
from worker.perform import perform


@app.task(name=Export.TASK)
def run(row_id: str) -> None:
    """Make the ZIP of a project's pictures."""
    perform(Export, row_id, work.run)
