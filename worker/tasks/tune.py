from webapp.tuning.models import Tuning
from worker import tuning
from worker.app import app


@app.task(name=Tuning.TASK)
def run(row_id: str) -> None:
    """Pack a model in other ways, and measure each."""
    tuning.perform(row_id)
