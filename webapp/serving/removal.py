"""Deleting a run with its model: hidden everywhere at once, brought back by Undo, and gone for good an hour later."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from webapp.core.errors import UserError
from webapp.projects.services import lock
from webapp.serving import switching
from webapp.serving.models import Model, Publication
from webapp.training.models import Run

REGRET = timedelta(hours=1)  # how long a deleted run can be brought back; the daily sweep then takes it away


def in_use(run: Run) -> bool:
    """Whether the model of this run is the one that answers for its project."""
    return Model.objects.filter(run=run, published=True).exists()


def successor(run: Run) -> Model | None:
    """The model that would answer instead of this run's: the one that answered last before it, or the newest."""
    return switching.before_last(run.project_id, run.model)


def remove(*, run: Run) -> None:
    """Delete a run that has ended; where its model was in use, its successor answers from now on. Raises UserError while it is live."""
    with transaction.atomic():
        if not Run.objects.filter(id=run.id, active=None).update(removed=timezone.now()):
            if Run.objects.filter(id=run.id).exists():
                raise UserError(_("This run is still learning. Cancel it first, then delete it."), code="still_running", status=409)
            return  # it is deleted already
        lock(run.project_id)
        model = Model.everything.filter(run=run, published=True).first()
        if model:
            switching.switch(run.project_id, switching.before_last(run.project_id, model), Publication.REMOVED)


def bring_back(*, run: Run) -> None:
    """Take the deletion of a run back; its model answers again if it did, unless another one was put in use since. Where none answers, it does."""
    with transaction.atomic():
        Run.everything.filter(id=run.id).update(removed=None)
        lock(run.project_id)
        model, now = Model.objects.filter(run=run).first(), switching.current(run.project_id)
        if model and (now is None or was_replaced(model, now)):
            switching.switch(run.project_id, model, Publication.RESTORED)


def was_replaced(model: Model, now: Model) -> bool:
    """Whether the model that answers now does so because this one was deleted with its run."""
    last = switching.latest(model.project_id)
    return bool(last and (last.cause, last.model_id, last.before_id) == (Publication.REMOVED, now.id, model.id))


def purge(older_than: timedelta = REGRET) -> int:
    """Delete the rows of runs that were deleted longer ago than this, with their models; how many runs. Their files are left to the sweep."""
    runs = Run.everything.filter(removed__lt=timezone.now() - older_than)
    count = runs.count()
    runs.defer(*Run.BIG).delete()
    return count
