"""The two tables of an export, as spreadsheets and programs read them: labels.csv and CREDITS.csv."""

import csv
from collections.abc import Callable
from typing import TextIO

from webapp.images.models import Image

ENCODING = "utf-8-sig"  # with the mark, Excel shows Japanese as Japanese
# A cell that begins so would be a formula, and the text came from the web: =HYPERLINK(...) sends away what stands beside it.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")

Column = tuple[str, Callable[[Image], object]]

LABELS: list[Column] = [
    ("label", lambda image: image.label.name),
    ("split", lambda image: image.split),
    ("width", lambda image: image.width),
    ("height", lambda image: image.height),
    ("sha256", lambda image: image.sha256),
    ("status", lambda image: image.status),
    ("name", lambda image: image.name),
    ("source", lambda image: image.source),
    ("license", lambda image: image.license),
    ("added", lambda image: image.created.isoformat(timespec="seconds")),
]
CREDITS: list[Column] = [
    ("label", lambda image: image.label.name),
    ("provider", lambda image: image.provider),
    ("page", lambda image: image.page_url),
    ("source_url", lambda image: image.source_url),
    ("title", lambda image: image.title),
    ("creator", lambda image: image.creator),
    ("license", lambda image: image.license),
    ("license_url", lambda image: image.license_url),
    ("attribution", lambda image: image.attribution),
    ("query", lambda image: image.query),
    ("date", lambda image: image.created.isoformat(timespec="seconds")),
]


class Table:
    """A CSV file that grows by a line for each picture: its place in the ZIP, then the columns."""

    def __init__(self, out: TextIO, columns: list[Column]):
        self._columns, self._writer = columns, csv.writer(out)
        self._writer.writerow(["file", *(name for name, _value in columns)])

    def add(self, place: str, image: Image) -> None:
        self._writer.writerow([harmless(place), *(harmless(value(image)) for _name, value in self._columns)])


def harmless(value: object) -> object:
    """A cell that no spreadsheet takes for a formula: text that looks like one gets an apostrophe before it."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
