"""Tables of pictures and their labels: CSV and its like, JSONL, and JSON lists of objects, with the usual names of columns or with none."""

import csv
from collections.abc import Iterable, Iterator
from itertools import chain, islice

from webapp.ingest.formats import columns
from webapp.ingest.formats.base import MOST_ROWS, Directory, Plan, Row, once, split_in, split_of, text_of
from webapp.ingest.formats.columns import Columns
from webapp.ingest.formats.documents import Unreadable, check_size, lines, parsed, text_at

DELIMITERS = ",\t;|"
CSV, JSONL, JSON = (".csv", ".tsv", ".txt"), (".jsonl", ".ndjson"), (".json",)


def recognise(directory: Directory) -> Plan | None:
    """The rows of all tables of a directory."""
    plan = Plan([])
    for place in directory.ending(*CSV, *JSONL, *JSON):
        try:
            rows = list(_rows(directory, place, MOST_ROWS - len(plan.rows)))
        except Unreadable as unreadable:
            directory.problems.setdefault(place, unreadable.reason)
            continue
        if rows:
            plan.lists.add(place)
            plan.rows += rows
    return once(plan) if plan.rows else None


def _rows(directory: Directory, place: int, most: int) -> Iterator[Row]:
    name, text = directory.files[place].path.lower(), text_at(directory, place)
    if not text:
        return
    if name.endswith(CSV):
        found = _table(text)
    else:
        found = _records(_objects(text) if name.endswith(JSONL) else _mapping(parsed(text)))
    split, folder = split_in(directory.files[place].path), directory.folder(place)
    for file, label, given, why in islice(found, most):
        row = directory.row(file, label, given or split, folder)
        row.reason = row.reason or ("" if label else why)
        yield row


Line = tuple[str, str, str, str]  # picture, label, split, and why there is no label


def _table(text: str) -> Iterator[Line]:
    """The lines of a CSV; none when it is no table of pictures and labels. Raises Unreadable."""
    delimiter = _delimiter(text)
    check_size(text, delimiter)
    reader = csv.reader(lines(text), delimiter=delimiter)
    try:
        first = [line for line in islice(reader, columns.LOOKED_AT) if any(cell.strip() for cell in line)]
        if not first:
            return
        where = columns.by_names(first[0]) or columns.by_flags(first[0], first[1:])
        rest = first[1:] if where else first
        where = where or columns.by_content(first)
        if where:
            yield from (_line(line, where) for line in chain(rest, reader) if any(cell.strip() for cell in line))
    except csv.Error:
        raise Unreadable("broken_list") from None


def _delimiter(text: str) -> str:
    """What divides the columns: what is most often in the first line that has any."""
    for line in islice(lines(text), 20):
        counts = {mark: line.count(mark) for mark in DELIMITERS}
        if any(counts.values()):
            return max(counts, key=counts.get)
    return ","


def _line(cells: list[str], where: Columns) -> Line:
    def cell(n: int) -> str:
        return cells[n].strip() if 0 <= n < len(cells) else ""

    if where.flags:
        chosen = [name for n, name in where.flags if cell(n) == "1"]
        return cell(where.file), chosen[0] if len(chosen) == 1 else "", "", "several_classes" if chosen else "no_class"
    return cell(where.file), cell(where.label), split_of(cell(where.split)), "no_class"


def _objects(text: str) -> Iterator[dict]:
    """The objects of a JSONL, one on each line; lines that are none are left out, unless all are."""
    broken = good = 0
    for line in lines(text):
        if line.strip():
            try:
                found = parsed(line)
            except Unreadable:
                broken += 1
                continue
            good += 1
            if isinstance(found, dict):
                yield found
    if broken and not good:
        raise Unreadable("broken_list")


def _mapping(found: object) -> Iterable[dict]:
    """The objects of a JSON: a list of them, or one whose names are the pictures and whose values are the labels."""
    if isinstance(found, dict) and found and all(columns.is_place(name) and isinstance(value, str) for name, value in islice(found.items(), columns.LOOKED_AT)):
        return ({"file": name, "label": value} for name, value in found.items())
    return (item for item in found if isinstance(item, dict)) if isinstance(found, list) else ()


def _records(objects: Iterable[dict]) -> Iterator[Line]:
    for item in objects:
        names = list(item)
        where = columns.by_names(names)
        if where:
            values = [item[name] for name in names]
            label, why = _label(values[where.label])
            yield text_of(values[where.file]), label, split_of(text_of(values[where.split])) if where.split >= 0 else "", why


def _label(value: object) -> tuple[str, str]:
    """The label in a value, a text or a list of one, or why there is none."""
    if isinstance(value, dict):
        value = value.get("choices")
    if isinstance(value, list):
        names = [name for name in map(text_of, value) if name]
        return (names[0] if len(names) == 1 else ""), "several_classes" if names else "no_class"
    return text_of(value), "no_class"
