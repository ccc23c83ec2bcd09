"""What goes with a project that is deleted: files that were sent and wait for a worker, and the parts of big ones that are still coming in."""

from functools import partial
from pathlib import Path

from django.db import transaction

from webapp.core import store
from webapp.ingest import parts, services, transfers
from webapp.projects.models import Project


def files_of_project(project: Project, **_sent) -> None:
    """Delete them when the database has agreed that the project goes."""
    uploads = [services.folder(upload) for upload in project.uploads.defer("files", "rejected")]
    paths = [transfers.path_of(transfer) for transfer in project.transfers.all()]
    transaction.on_commit(partial(delete, uploads, paths), robust=True)


def delete(folders: list[str], paths: list[Path]) -> None:
    for folder in folders:
        store.delete_folder(folder)
    for path in paths:
        parts.delete(path)
