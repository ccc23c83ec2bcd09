"""Our own exports, brought back: labels.csv says what each picture shows, CREDITS.csv where it came from and under which licence."""

import csv

from webapp.images.models import Image
from webapp.images.tables import CREDIT_COLUMNS, CREDITS, LABEL_COLUMNS, LABELS, OLD_LABEL_COLUMNS, README, REVIEWED, credit_facts, lines
from webapp.ingest.formats.base import MOST_ROWS, Directory, Plan, split_of
from webapp.ingest.formats.documents import Unreadable, check_size, text_at


def recognise(directory: Directory) -> Plan | None:
    """The pictures of an export, each under its label and in its part, set aside when it was, with its credit."""
    files = {directory.files[place].path: place for place in directory.ending(LABELS, CREDITS.lower(), README.lower())}
    path = next((path for path in files if path.rpartition("/")[2] == LABELS), None)
    if path is None:
        return None
    folder = path.removesuffix(LABELS)
    told = {line["file"]: line for line in read(directory, files[path], LABEL_COLUMNS, OLD_LABEL_COLUMNS)[:MOST_ROWS]}
    if not told:
        return None
    credits = {line["file"]: credit_facts(line) for line in read(directory, files.get(folder + CREDITS), CREDIT_COLUMNS)}
    plan = Plan([], {files[folder + name] for name in (LABELS, CREDITS, README) if folder + name in files})
    for place, line in told.items():
        row = directory.row(place, line["label"], split_of(line["split"]), folder)
        row.seal = line.get("seal", "")
        row.facts = credits.get(place, {}) | decided(line)
        plan.rows.append(row)
    return plan


def decided(line: dict) -> dict:
    """The columns of Image that a line of labels.csv tells of: what was set aside, and what a person has decided about."""
    aside = {"status": Image.SET_ASIDE, "aside_reason": Image.BY_HAND} if line["status"] == Image.SET_ASIDE else {}
    return aside | ({"is_reviewed": True} if line.get("reviewed") == REVIEWED else {})


def read(directory: Directory, place: int | None, *known: tuple[str, ...]) -> list[dict]:
    """The lines of one of our tables, which has had these columns; none when it is not there, broken or another one."""
    if place is None:
        return []
    try:
        text = text_at(directory, place)
        check_size(text, ",")
        return next(filter(None, (list(lines(text, columns)) for columns in known)), [])
    except (Unreadable, csv.Error):
        return []
