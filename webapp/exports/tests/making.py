"""Exports as a worker makes them."""

import csv
import io
import zipfile

from webapp.core import jobs, store
from webapp.exports import services, work
from webapp.exports.models import Export
from webapp.projects.models import Project


def made(project: Project, **options) -> Export:
    """A finished export."""
    export = services.start(project=project, **options)
    work.run(jobs.claim(Export, export.id, "tester"))
    export.refresh_from_db()
    return export


def opened(export: Export) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(store.get(export.file_name)))


def table(archive: zipfile.ZipFile, name: str) -> list[dict]:
    return list(csv.DictReader(io.StringIO(archive.read(name).decode("utf-8-sig"), newline="")))
