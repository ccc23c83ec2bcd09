"""The answers about several pictures as a table: on the page, and as a CSV file.

`static/serving/csv.js` writes the same file in a browser.
"""

import csv
import io

from django.core import signing
from django.utils.translation import gettext as _

from webapp.core.errors import UserError
from webapp.images.tables import ENCODING, harmless
from webapp.serving.asking import Asked

COLUMNS = ("file", "answer", "none_of_these", "confidence", "problem")  # then a column for each label, with its confidence
SALT = "serving.answer_table"
YES = "yes"


def cells(labels: list[str], lines: list[Asked]) -> list[list[str]]:
    """The table as text, its head first."""
    return [[*COLUMNS, *labels], *(line(labels, asked) for asked in lines)]


def line(labels: list[str], asked: Asked) -> list[str]:
    if asked.answer is None:
        return [asked.name, "", "", "", str(asked.error), *("" for _label in labels)]
    shares, best = dict(asked.answer["shares"]), asked.answer["best"]
    said = ("", YES) if asked.answer["unknown"] else (best["label"], "")
    return [asked.name, *said, number(best["share"]), "", *(number(shares[label]) for label in labels)]


def number(share: float) -> str:
    return f"{share:.4f}"


def csv_file(table: list[list[str]]) -> bytes:
    """The table for spreadsheets, which take no cell of it for a formula."""
    out = io.StringIO(newline="")
    csv.writer(out).writerows([harmless(cell) for cell in row] for row in table)
    return out.getvalue().encode(ENCODING)


def sealed(table: list[list[str]]) -> str:
    """The table as a field of a form: what was answered is kept nowhere, so the page itself holds it until somebody wants the file."""
    return signing.dumps(table, salt=SALT, compress=True)


def opened(text: str) -> list[list[str]]:
    """What `sealed` made; raises UserError."""
    try:
        return signing.loads(text, salt=SALT)
    except signing.BadSignature as error:
        raise UserError(_("This page is too old to be trusted. Reload it and try again."), code="bad_table") from error
