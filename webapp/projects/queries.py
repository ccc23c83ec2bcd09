"""Reads of projects and labels that have a name."""

from django.db.models import Count, Exists, F, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from webapp.projects.models import Label, Project
from webapp.projects.rules import visible


def mine(user) -> QuerySet[Project]:
    """The projects a person may see, newest first, with `image_count`, `run_count` and `model_id` (the published model's, or None)."""
    return counted(visible(user, Project))


def counted(projects: QuerySet[Project]) -> QuerySet[Project]:
    """Projects with `image_count` (ready ones), `run_count` and `model_id`, each by a subquery: joins would multiply the counts."""
    models = Project.objects.filter(id=OuterRef("id"), models__published=True)
    return projects.annotate(
        image_count=total("images", images__status="ready"),
        run_count=total("runs", runs__isnull=False, runs__removed__isnull=True),
        model_id=Subquery(models.annotate(model=F("models__id")).values("model")[:1]),
    )


def with_steps(projects: QuerySet[Project]) -> QuerySet[Project]:
    """Projects with what the three steps say: `ready_count` pictures, whether a run `is_live`, whether a model `is_trained`."""
    live, trained = (Exists(Project.objects.filter(id=OuterRef("id"), **{name: True})) for name in ("runs__active", "models__published"))
    return projects.annotate(ready_count=total("images", images__status="ready"), is_live=live, is_trained=trained)


def total(relation: str, **only: str | bool) -> Coalesce:
    """The number of rows of a relation of a project."""
    only = only or {f"{relation}__isnull": False}
    return Coalesce(Subquery(numbers(Project.objects.filter(id=OuterRef("id"), **only))), 0)


def numbers(rows: QuerySet) -> QuerySet:
    """How many rows of the relation that these rows are filtered by there are. Of the rows themselves, so that an index alone can answer."""
    return rows.order_by().values("id").annotate(number=Count("*")).values("number")


def with_counts(labels: QuerySet[Label]) -> QuerySet[Label]:
    """Labels with `image_count`, their pictures that are ready."""
    ready = numbers(Label.objects.filter(id=OuterRef("id"), images__status="ready"))
    return labels.annotate(image_count=Coalesce(Subquery(ready), 0)).order_by("position", "created", "id")
