"""Kept answers as a CSV file."""

import csv
import io
from collections.abc import Iterable, Iterator

from webapp.answers.models import Answer
from webapp.images.tables import harmless

COLUMNS = ("time", "door", "key", "run", "answer", "confidence", "none_of_these", "answers", "corrected_to", "id")
BOM = "\ufeff"  # with the mark, Excel shows Japanese as Japanese


def lines(answers: Iterable[Answer]) -> Iterator[str]:
    """The lines of the file, the head first."""
    yield BOM + line(COLUMNS)
    for answer in answers:
        yield line(cells(answer))


def cells(answer: Answer) -> list:
    """The cells of an answer, whose model's run and corrections come with it."""
    others = "; ".join(f"{label} {share:.4f}" for label, share in answer.shares)
    right = next((correction.label_name for correction in answer.corrections.all() if not correction.undone), "")
    number = answer.model.run.number if answer.model else ""
    return [answer.created.isoformat(timespec="seconds"), answer.door, answer.key, number, answer.best, f"{answer.confidence:.4f}", "yes" if answer.unknown else "", others, right, answer.id]


def line(values: Iterable) -> str:
    out = io.StringIO()
    csv.writer(out).writerow([harmless(value) for value in values])
    return out.getvalue()
