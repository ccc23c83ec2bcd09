"""Lists of addresses of pictures, one on a line, with the label behind it or with one label chosen for all."""

import re
from itertools import islice

from webapp.ingest.formats.base import MOST_ROWS, WEB, Directory, Plan, Row, once
from webapp.ingest.formats.documents import Unreadable, check_size, lines, text_at

ENDINGS = (".txt", ".csv", ".tsv", ".list")
_LINE = re.compile(r"(?P<url>https?://[^\s,;\"<>]+)[\s,;\"]*(?P<label>.*)", re.IGNORECASE)


def recognise(directory: Directory) -> Plan | None:
    """The addresses in all lists of a directory without pictures; what else stands in such a list is told line by line."""
    plan = Plan([])
    if directory.pictures:  # then it is a note about them
        return None
    for place in directory.ending(*ENDINGS):
        try:
            rows = _rows(directory, place)
        except Unreadable as unreadable:
            directory.problems.setdefault(place, unreadable.reason)
            continue
        if 2 * sum(bool(row.url) for row in rows) >= max(1, len(rows)):
            plan.lists.add(place)
            plan.rows += rows[: MOST_ROWS - len(plan.rows)]
    return once(plan) if plan.rows else None


def _rows(directory: Directory, place: int) -> list[Row]:
    text = text_at(directory, place)
    if not any(start in line.lower() for line in islice(lines(text), 100) for start in WEB):
        return []
    check_size(text, "\n\r")
    said = (line.strip() for line in lines(text))
    return [row(line) for line in islice((line for line in said if line and not line.startswith("#")), MOST_ROWS)]


def row(line: str) -> Row:
    """What one line says: an address, and the label behind it if there is one."""
    found = _LINE.match(line.lstrip('"'))
    if not found:
        return Row(line[:255], reason="not_an_address")
    return Row(found["url"], found["label"].strip(' \t"')[:255], url=found["url"])
