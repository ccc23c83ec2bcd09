"""The files of indexes and maps in the store: the newest of a project is kept, and none without a row."""

from collections.abc import Iterator

from django.db.models import QuerySet

from webapp.core import store
from webapp.projects.models import Project
from webapp.similar.models import Index, Map


def discard(rows: QuerySet) -> None:
    """Delete rows with their files."""
    found = list(rows)
    rows.model.objects.filter(id__in=[row.id for row in found]).delete()
    for row in found:
        store.delete(row.file_name)


def discard_others(row: Index | Map) -> None:
    """Let go of what is older than a project's index or map and over: the newest is enough."""
    discard(type(row).objects.filter(project=row.project_id, created__lt=row.created).exclude(status__in=row.LIVE))


def left_over(model: type[Index] | type[Map]) -> Iterator[str]:
    """Files that no row of a kind knows, of projects that are there."""
    there = {str(key) for key in Project.objects.values_list("id", flat=True)}
    for folder in there.intersection(store.folders("projects")):
        known = {row.file_name for row in model.objects.filter(project=folder)}
        yield from (name for name in store.walk(f"projects/{folder}/{model.FOLDER}") if name not in known)
