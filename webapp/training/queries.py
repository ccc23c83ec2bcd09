"""Reads of runs that have a name. None of them loads what is big in a run: its pictures and its evaluation."""

from functools import lru_cache
from uuid import UUID

from django.db.models import QuerySet

from webapp.projects.models import Project
from webapp.training import compare_pictures
from webapp.training.compare_pictures import LabelCounts
from webapp.training.models import Epoch, Run

OPEN = ("waiting", "preparing")  # stages in which the pictures of a run are not settled


def runs(project: Project) -> QuerySet[Run]:
    """The runs of a project, those with a star first and then the newest, with their models."""
    return Run.objects.filter(project=project).select_related("model").defer(*Run.BIG).order_by("-is_starred", "-created", "id")


def epochs(run: Run, *, after: int = 0) -> QuerySet[Epoch]:
    """The epochs of a run that come after the one with this number, in order."""
    return run.epoch_rows.filter(epoch__gt=after).order_by("epoch")


def label_counts(run: Run) -> list[LabelCounts]:
    """How many pictures of each label a run learns from and is tested with; empty until they are settled."""
    return [] if run.is_live and run.stage in OPEN else settled_counts(run.id)


@lru_cache(256)
def settled_counts(run_id: UUID) -> list[LabelCounts]:
    """The same, read once in each process: the list of 100,000 pictures is many megabytes, and does not change any more."""
    snapshot = Run.everything.values_list("snapshot", flat=True).get(id=run_id)
    return compare_pictures.counts([compare_pictures.pictures(snapshot, {})])
