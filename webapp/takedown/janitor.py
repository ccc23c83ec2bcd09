"""Clears away files that nothing belongs to any more, in all rooms: what killed processes left, what was deleted, what has expired.

What is younger than an hour is left alone, because a file is written before its row. The dispatcher orders a sweep each day.
"""

from collections.abc import Callable, Iterator
from datetime import timedelta
from uuid import UUID

from django.utils import timezone

from webapp.core import jobs, store
from webapp.core.jobs import Heart
from webapp.core.sweeping import sweeping
from webapp.exports.models import Export
from webapp.exports.services import expired
from webapp.ingest import janitor
from webapp.projects.models import Project
from webapp.review import services as review
from webapp.serving import variants
from webapp.serving.models import Model
from webapp.serving.removal import purge
from webapp.takedown.models import Sweep
from webapp.training import backbones, carried, previews
from webapp.training import work as training

REMEMBERED = timedelta(days=30)  # rows of what is over


def order() -> None:
    """Have the files swept today, unless that is ordered already."""
    Sweep.objects.get_or_create(day=timezone.now().date())


def run(row: Sweep) -> None:
    """Do a claimed sweep. Raises LeaseLost, Cancelled and ShuttingDown."""
    with Heart(row) as heart:
        deleted = sweep(check=heart.check)
    forget_old_rows()
    jobs.finish(row, deleted=deleted)


def sweep(older_than: float = janitor.SECONDS, check: Callable[[], None] = lambda: None) -> int:
    """Delete what is left over and older than so many seconds; how many files that were. `check` is called all the while, and may raise to stop."""
    purge()
    variants.sweep()
    deleted = janitor.sweep(older_than, check)
    deleted += store.delete_old(expired_zips(), 0, check)
    previews.forget_old()
    backbones.sweep()
    deleted += store.delete_old(left_over(), older_than, check)
    deleted += sum(count for _receiver, count in sweeping.send(Sweep, older_than=older_than, check=check))
    training.sweep()
    delete_empty_folders()
    return deleted


def expired_zips() -> Iterator[str]:
    yield from (export.file_name for export in expired() if store.exists(export.file_name))


def left_over() -> Iterator[str]:
    """Files of models, runs, exports and previews that no row knows, however old."""
    there = {str(key) for key in Project.objects.values_list("id", flat=True)}
    for folder in store.folders("projects"):
        if folder in there:
            yield from unknown(f"projects/{folder}/exports", zips(UUID(folder)))
            yield from unknown(f"projects/{folder}/models", bundles(UUID(folder)))
            yield from unknown(f"projects/{folder}/runs", carried.known_files(UUID(folder)))
            yield from unknown(f"projects/{folder}/previews", previews.known_files(UUID(folder)))


def unknown(folder: str, known: set[str]) -> Iterator[str]:
    yield from (name for name in store.walk(folder) if name not in known)


def zips(project_id: UUID) -> set[str]:
    return {export.file_name for export in Export.objects.filter(project=project_id)}


def bundles(project_id: UUID) -> set[str]:
    """Files of models, of their variants, of ways to pack them that may still be put in use, and ZIPs of them."""
    models = list(Model.everything.filter(project=project_id).prefetch_related("packings", "variants", "tunings__rows"))
    kept = [row for model in models for row in (model, *model.variants.all(), *(row for tuning in model.tunings.all() for row in tuning.rows.all()))]
    return {f"{row.folder}/{name}" for row in kept for name in row.files} | {packing.file_name for model in models for packing in model.packings.all()}


def delete_empty_folders() -> None:
    """Delete what is left of the folders of deleted projects: a picture that came in at the last moment made them anew."""
    folders = store.folders("projects")  # before the projects: one that is made in between has a folder that we do not know of
    there = {str(key) for key in Project.objects.values_list("id", flat=True)}
    for folder in folders:
        if folder not in there and not any(store.walk(f"projects/{folder}")):
            store.delete_folder(f"projects/{folder}")


def forget_old_rows() -> None:
    """Delete the rows of sweeps and exports that are long over, and what the review needs no more."""
    review.forget_old_rows()
    long_ago = timezone.now() - REMEMBERED
    for model in (Sweep, Export):
        model.objects.filter(finished__lt=long_ago).delete()
