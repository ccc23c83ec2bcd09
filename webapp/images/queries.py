"""Reads of pictures that have a name."""

from django.db.models import Count, Q, QuerySet

from webapp.images.models import Image
from webapp.projects.models import Label, Project


def label_counts(project: Project) -> QuerySet[Label]:
    """The labels of a project with `ready_count`, the pictures that would be trained with."""
    return project.labels.annotate(ready_count=Count("images", filter=Q(images__status=Image.READY))).order_by("position", "created", "id")


def gallery(label: Label, status: str = Image.READY) -> QuerySet[Image]:
    """The pictures of a label, newest first."""
    return label.images.filter(status=status).order_by("-created", "id")
