from webapp.training import previews
from webapp.training.models import Preview
from worker.app import app
from worker.perform import perform


@app.task(name=Preview.TASK)
def run(row_id: str) -> None:
    """Vary some pictures of a project as training would."""
    perform(Preview, row_id, previews.run)
