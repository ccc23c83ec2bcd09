"""Reads of pictures that have a name."""

from collections import Counter
from collections.abc import Iterable

from django.db.models import Count, Q, QuerySet

from webapp.images.licenses import NAMES, OF_OTHERS, OWN, UNKNOWN, group_of
from webapp.images.models import Image
from webapp.projects.models import Label, Project


def label_counts(project: Project) -> QuerySet[Label]:
    """The labels of a project with `ready_count`, the pictures that would be trained with."""
    return project.labels.annotate(ready_count=Count("images", filter=Q(images__status=Image.READY))).order_by("position", "created", "id")


def gallery(label: Label, status: str = Image.READY) -> QuerySet[Image]:
    """The pictures of a label, newest first."""
    return label.images.filter(status=status).order_by("-created", "id")


def license_counts(project: Project) -> dict[str, int]:
    """How many pictures of a project there are in each group of licences (`images.licenses`), in the order of the groups; one query."""
    counts: Counter = Counter()
    for source, license, count in project.images.order_by().values_list("source", "license").annotate(count=Count("*")):
        counts[group_of(source, license)] += count
    return {group: counts[group] for group in NAMES if counts[group]}


def licensed(project: Project, groups: Iterable[str]) -> Q:
    """The condition for pictures of a project whose licence is in one of these groups; one query for the spellings there are."""
    wanted = set(groups)
    there = project.images.exclude(license="").order_by().values_list("license", flat=True).distinct()
    condition = Q(license__in=[license for license in there if group_of(Image.WEB, license) in wanted])
    if OWN in wanted:
        condition |= Q(license="") & ~Q(source__in=OF_OTHERS)
    if UNKNOWN in wanted:
        condition |= Q(license="", source__in=OF_OTHERS)
    return condition
