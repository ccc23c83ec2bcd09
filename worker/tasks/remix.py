from webapp.sharing import remix_work
from webapp.sharing.models import Remix
from worker.app import app
from worker.perform import perform


@app.task(name=Remix.TASK)
def run(row_id: str) -> None:
    """Copy the pictures of a shared project into one that was begun from it."""
    perform(Remix, row_id, remix_work.run)
