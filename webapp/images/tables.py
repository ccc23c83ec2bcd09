"""The two tables beside exported pictures, labels.csv and CREDITS.csv: as exports write them, and as imports read them back."""

import csv
import io
from collections.abc import Iterator
from typing import TextIO

from webapp.images.models import Image
from webapp.images.seals import seal

LABELS, CREDITS, README = "labels.csv", "CREDITS.csv", "README.txt"
ENCODING = "utf-8-sig"  # with the mark, Excel shows Japanese as Japanese
OLD_LABEL_COLUMNS = ("file", "label", "split", "width", "height", "sha256", "status")
LABEL_COLUMNS = (*OLD_LABEL_COLUMNS, "reviewed", "seal")
REVIEWED = "yes"  # a person has decided about this picture
# Column of CREDITS.csv and of Image. "date" is told too, and cannot be brought back.
CREDIT_FIELDS = {
    "provider": "provider", "page": "page_url", "source_url": "source_url", "title": "title", "creator": "creator",
    "license": "license", "license_url": "license_url", "attribution": "attribution", "query": "query",
}  # fmt: skip
CREDIT_COLUMNS = ("file", "label", *CREDIT_FIELDS, "date")
# A cell that begins so would be a formula, and the text came from the web: =HYPERLINK(...) sends away what stands beside it.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


class Table:
    """A CSV file that grows by a line for each picture."""

    def __init__(self, out: TextIO, columns: tuple[str, ...]):
        self._columns, self._writer = columns, csv.writer(out)
        self._writer.writerow(columns)

    def add(self, values: dict) -> None:
        self._writer.writerow([harmless(values[name]) for name in self._columns])


def label_line(place: str, image: Image) -> dict:
    """The line of labels.csv for a picture that lies at `place` in the ZIP."""
    told = {name: getattr(image, name) for name in ("split", "width", "height", "sha256", "status")}
    told |= {"reviewed": REVIEWED if image.is_reviewed else "", "seal": seal(image.sha256)}
    return {"file": place, "label": image.label.name} | told


def credit_line(place: str, image: Image) -> dict:
    """The line of CREDITS.csv for a picture from the web."""
    told = {name: getattr(image, field) for name, field in CREDIT_FIELDS.items()}
    return {"file": place, "label": image.label.name, "date": image.created.isoformat(timespec="seconds")} | told


def credit_facts(line: dict) -> dict:
    """The columns of Image that a line of CREDITS.csv tells of, each cut to its length; addresses only when they lead to the web, because pages link to them."""
    told = {field: line[name][: Image._meta.get_field(field).max_length] for name, field in CREDIT_FIELDS.items()}
    return {"source": Image.WEB} | {field: text for field, text in told.items() if not field.endswith("_url") or text.startswith(("https://", "http://"))}


def lines(text: str, columns: tuple[str, ...]) -> Iterator[dict]:
    """The lines of a table as it was exported; none when it has other columns. Raises csv.Error."""
    reader = csv.reader(io.StringIO(text, newline=""))
    if tuple(next(reader, ())) == columns:
        yield from (dict(zip(columns, map(as_it_was, cells), strict=True)) for cells in reader if len(cells) == len(columns))


def harmless(value: object) -> object:
    """A cell that no spreadsheet takes for a formula: text that looks like one gets an apostrophe before it."""
    return f"'{value}" if isinstance(value, str) and value.lstrip("'").startswith(_FORMULA) else value


def as_it_was(cell: str) -> str:
    """What `harmless` made a cell of, without the apostrophe."""
    return cell[1:] if cell.startswith("'") and cell.lstrip("'").startswith(_FORMULA) else cell
