"""The ZIP of an export, written picture by picture: what is in memory does not grow with the pictures, but for the directory of the ZIP."""

import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime
from io import TextIOWrapper
from pathlib import Path
from typing import BinaryIO
from uuid import UUID

from webapp.core import store
from webapp.exports.names import file_name, folders
from webapp.images.models import Image
from webapp.images.tables import CREDIT_COLUMNS, CREDITS, ENCODING, LABEL_COLUMNS, LABELS, README, Table, credit_line, label_line
from webapp.projects.models import Project

CHUNK = 500
MODE = 0o100644 << 16  # an ordinary file that its owner may write


class Bundle:
    """A ZIP under construction: pictures first, the tables at its end."""

    def __init__(self, path: Path, project: Project, *, splits: bool):
        self._stack = ExitStack()
        self._zip = self._stack.enter_context(zipfile.ZipFile(path, "w", zipfile.ZIP_STORED))
        self._folders, self._splits = folders(project.labels.order_by("position", "created", "id")), splits
        self._files: dict[str, BinaryIO] = {name: self._stack.enter_context(tempfile.TemporaryFile(dir=path.parent)) for name in (LABELS, CREDITS)}
        self._texts = [TextIOWrapper(file, ENCODING, newline="") for file in self._files.values()]
        self._labels, self._credits = (Table(text, columns) for text, columns in zip(self._texts, (LABEL_COLUMNS, CREDIT_COLUMNS), strict=True))

    def __enter__(self) -> "Bundle":
        return self

    def __exit__(self, *_exc) -> None:
        self._stack.close()

    def add(self, image: Image) -> bool:
        """Put in a picture; false when its file cannot be read. JPEGs are stored as they are: packing them again saves nothing."""
        try:
            content = store.get(image.file_name)
        except FileNotFoundError:
            return False
        place = self.place(image)
        self._zip.writestr(entry(place, image.created), content)
        self._labels.add(label_line(place, image))
        if image.source == Image.WEB:
            self._credits.add(credit_line(place, image))
        return True

    def place(self, image: Image) -> str:
        """Its name in the ZIP: label/file, or split/label/file where every picture came with a split."""
        parts = [self._folders.get(image.label_id) or "_", file_name(image)]
        return "/".join([image.split, *parts] if self._splits else parts)

    def close(self, readme: str, now: datetime) -> None:
        """Put in the tables and the README, and end the ZIP."""
        for text in self._texts:
            text.flush()
        for name, file in self._files.items():
            file.seek(0)
            with self._zip.open(packed(name, now), "w", force_zip64=True) as out:
                shutil.copyfileobj(file, out)
        self._zip.writestr(packed(README, now), readme)
        self._stack.close()


def entry(name: str, moment: datetime) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, moment.timetuple()[:6])
    info.external_attr = MODE
    return info


def packed(name: str, moment: datetime) -> zipfile.ZipInfo:
    info = entry(name, moment)
    info.compress_type = zipfile.ZIP_DEFLATED
    return info


def pictures(ids: list[UUID]) -> Iterator[list[Image]]:
    """The pictures of these ids with their labels, some at a time and in this order; those deleted meanwhile are left out.

    Not one long read: that would keep the database from changing anything else in between.
    """
    for start in range(0, len(ids), CHUNK):
        found = Image.objects.select_related("label").in_bulk(ids[start : start + CHUNK])
        yield [found[key] for key in ids[start : start + CHUNK] if key in found]
