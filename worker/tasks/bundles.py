from webapp.bundles import work
from webapp.bundles.models import Packing
from worker.app import app
from worker.perform import perform


@app.task(name=Packing.TASK)
def run(row_id: str) -> None:
    """Make the ZIP of a model in one format."""
    perform(Packing, row_id, work.run)
