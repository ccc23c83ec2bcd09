from webapp.similar import map_work
from webapp.similar.models import Map
from worker.app import app
from worker.perform import perform


@app.task(name=Map.TASK)
def run(row_id: str) -> None:
    """Lay out a project's pictures in the plane."""
    perform(Map, row_id, map_work.run)
