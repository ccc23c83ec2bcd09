"""Deleting a run with its model: hidden everywhere at once, brought back by Undo, and gone for good an hour later."""

from datetime import timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from webapp.core.errors import UserError
from webapp.serving.models import Model
from webapp.training.models import Run

REGRET = timedelta(hours=1)  # how long a deleted run can be brought back; the daily sweep then takes it away


def in_use(run: Run) -> bool:
    """Whether the model of this run is the one that answers for its project."""
    return Model.objects.filter(run=run, published=True).exists()


def successor(run: Run) -> Model | None:
    """The model that would answer instead of this run's: the newest of the others."""
    return Model.objects.filter(project=run.project_id).exclude(run=run).select_related("run").defer(*Run.BIG_OF_RUN).first()


def remove(*, run: Run) -> None:
    """Delete a run that has ended; where its model was in use, the newest other one answers from now on. Raises UserError while it is live."""
    with transaction.atomic():
        if not Run.objects.filter(id=run.id, active=None).update(removed=timezone.now()):
            if Run.objects.filter(id=run.id).exists():
                raise UserError(_("This run is still learning. Cancel it first, then delete it."), code="still_running", status=409)
            return  # it is deleted already
        if Model.everything.filter(run=run, published=True).update(published=None):
            answer_with_newest(run)


def bring_back(*, run: Run) -> None:
    """Take the deletion of a run back; its model answers again, unless a newer one does by now."""
    with transaction.atomic():
        Run.everything.filter(id=run.id).update(removed=None)
        model = Model.objects.filter(run=run).first()
        if model and not Model.objects.filter(project=run.project_id, published=True, created__gt=model.created).exists():
            answer_with_newest(run)


def answer_with_newest(run: Run) -> None:
    """Have the newest model that is left in the project of a run answer for it, where there is one."""
    newest = Model.objects.filter(project=run.project_id).first()
    try:
        with transaction.atomic():
            Model.everything.filter(project=run.project_id, published=True).update(published=None)
            Model.everything.filter(id=newest and newest.id).update(published=True)
    except IntegrityError:
        return  # a training has published its model in this very moment, and that is newer


def purge(older_than: timedelta = REGRET) -> int:
    """Delete the rows of runs that were deleted longer ago than this, with their models; how many runs. Their files are left to the sweep."""
    runs = Run.everything.filter(removed__lt=timezone.now() - older_than)
    count = runs.count()
    runs.defer(*Run.BIG).delete()
    return count
