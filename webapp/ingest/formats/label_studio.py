"""The JSON export of Label Studio: a list of tasks, each with a picture and what people chose for it."""

from collections import Counter

from webapp.ingest.formats.base import Directory, Plan, Row, split_of, text_of
from webapp.ingest.formats.documents import document, listed

_PICTURE_KEYS = ("image", "img", "picture", "photo", "url", "file")


def recognise(directory: Directory) -> Plan | None:
    """The tasks of all such files of a directory. Where people disagree the most frequent choice counts; predictions do not."""
    plan = Plan([])
    for place in directory.ending(".json"):
        tasks = [task for task in listed(document(directory, place)) if isinstance(task.get("data"), dict) and ("annotations" in task or "completions" in task)]
        if tasks:
            plan.lists.add(place)
            plan.rows += [_row(directory, task, directory.folder(place)) for task in tasks]
    return plan if plan.rows else None


def _row(directory: Directory, task: dict, folder: str) -> Row:
    said = picture(task["data"]) or text_of(task.get("file_upload"))
    votes = Counter(choice for note in listed(task.get("annotations") or task.get("completions")) for choice in _choices(note))
    split = split_of(text_of(task["data"].get("split")))
    row = directory.row(said, votes.most_common(1)[0][0][0] if votes else "", split, folder)
    if not row.reason and not votes:
        row.reason = "no_class"
    elif not row.reason and len(votes.most_common(1)[0][0]) > 1:
        row.reason = "several_classes"
    return row


def picture(data: dict) -> str:
    """Where the picture of a task is: under one of the usual names, else the first text that looks like a place."""
    values = [data[key] for key in _PICTURE_KEYS if key in data] + list(data.values())
    texts = [value for value in values if isinstance(value, str)]
    return next((value for value in texts if "/" in value or "." in value or value.startswith("data:")), "")


def _choices(note: dict) -> list[tuple[str, ...]]:
    """What one person chose, as one vote; none when they skipped it."""
    if note.get("was_cancelled") or note.get("skipped"):
        return []
    values = [item.get("value") for item in listed(note.get("result")) if item.get("type") == "choices"]
    chosen = [value.get("choices") for value in values if isinstance(value, dict)]
    return [tuple(filter(None, map(text_of, choices))) for choices in chosen if isinstance(choices, list) and any(map(text_of, choices))][:1]
