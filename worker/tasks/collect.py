from webapp.collect import work
from webapp.collect.models import Collection
from webapp.projects.models import Project
from webapp.review.services import look_through
from worker import nursery
from worker.app import app
from worker.perform import perform


@app.task(name=Collection.TASK)
def run(row_id: str) -> None:
    """Collect pictures from the web for a label, then have the new ones looked through."""
    nursery.expect_training()  # who brings pictures trains next
    if perform(Collection, row_id, work.run):
        look_through(Project.objects.filter(collections=row_id))
