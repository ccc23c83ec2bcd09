from webapp.instant import work
from webapp.instant.models import Instant
from webapp.training.models import Run
from worker.app import app
from worker.life import NAME
from worker.perform import perform


@app.task(name=Instant.TASK)
def run(row_id: str) -> None:
    """Have the instant model of a project learn again; not beside a training, which uses the whole machine: then the row waits."""
    perform(Instant, row_id, work.run, has_room=lambda _row_id: not Run.objects.filter(status=Run.RUNNING, worker=NAME).exists())
