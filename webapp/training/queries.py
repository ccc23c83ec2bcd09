"""Reads of runs that have a name. None of them loads what is big in a run: its pictures and its evaluation."""

from django.db.models import QuerySet

from webapp.projects.models import Project
from webapp.training.models import Epoch, Run


def runs(project: Project) -> QuerySet[Run]:
    """The runs of a project, those with a star first and then the newest, with their models."""
    return Run.objects.filter(project=project).select_related("model").defer(*Run.BIG).order_by("-is_starred", "-created", "id")


def epochs(run: Run, *, after: int = 0) -> QuerySet[Epoch]:
    """The epochs of a run that come after the one with this number, in order."""
    return run.epoch_rows.filter(epoch__gt=after).order_by("epoch")
