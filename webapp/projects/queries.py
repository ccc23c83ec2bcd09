"""Reads of projects and labels that have a name."""

from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery
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
        run_count=total("runs"),
        model_id=Subquery(models.annotate(model=F("models__id")).values("model")[:1]),
    )


def total(relation: str, **only: str) -> Coalesce:
    """The number of rows of a relation of a project."""
    rows = Project.objects.filter(id=OuterRef("id")).values("id").annotate(number=Count(relation, filter=Q(**only)))
    return Coalesce(Subquery(rows.values("number")), 0)


def with_counts(labels: QuerySet[Label]) -> QuerySet[Label]:
    """Labels with `image_count`, their pictures that are ready."""
    return labels.annotate(image_count=Count("images", filter=Q(images__status="ready"))).order_by("position", "created", "id")
