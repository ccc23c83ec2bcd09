from webapp.takedown import janitor
from webapp.takedown.models import Sweep
from worker.app import app
from worker.perform import perform


@app.task(name=Sweep.TASK)
def run(row_id: str) -> None:
    """Clear away files that nothing belongs to."""
    perform(Sweep, row_id, janitor.run)
