"""What people already have: which format an upload is in is seen in its files, not in its name. One module for each format."""

from collections.abc import Callable

from webapp.images.guard import ENDINGS
from webapp.ingest.formats import addresses, coco, folders, label_studio, ours, tables, teachable_machine, voc
from webapp.ingest.formats.base import NO_LABEL, Directory, Plan, Row

LISTS = (".csv", ".tsv", ".jsonl", ".ndjson", ".json", ".txt", ".xml", ".list")
ACCEPT = ",".join((*ENDINGS, ".zip", ".tm", *LISTS))  # what a form offers to choose
FORMATS: tuple[Callable[[Directory], Plan | None], ...] = (
    ours.recognise,
    teachable_machine.recognise,
    voc.recognise,
    coco.recognise,
    label_studio.recognise,
    tables.recognise,
    addresses.recognise,
)


def recognise(directory: Directory, chosen: bool) -> Plan:
    """The plan of the first format that tells of the pictures; without one the folders do. `chosen`: the label is chosen already."""
    failed = None
    for form in FORMATS if directory.ending(*LISTS) else ():
        plan = form(directory)
        if plan and chosen:
            free(plan)
        if plan and tells(plan, directory):
            return completed(directory, plan)
        failed = failed or plan
    if failed and not directory.pictures:
        return completed(directory, failed)
    plan = folders.splits_alone(directory) if chosen else folders.recognise(directory)
    return with_problems(directory, plan, failed)


def free(plan: Plan) -> None:
    """Forget what lists say about labels: one was chosen for all."""
    for row in plan.rows:
        row.label, row.reason = "", "" if row.reason in NO_LABEL else row.reason


def tells(plan: Plan, directory: Directory) -> bool:
    """Whether a plan says what most of the pictures show, or at least of some what no folder says."""
    count = sum(not row.reason for row in plan.rows)
    return count > 0 and (2 * count >= len(directory.pictures) or len(folders.labels(directory)) < 2)


def completed(directory: Directory, plan: Plan) -> Plan:
    """The plan with a line for each file that it says nothing about."""
    said = {row.place for row in plan.rows} | plan.lists - set(directory.problems)
    pictures = set(directory.pictures)
    for place, file in enumerate(directory.files):
        if place not in said:
            reason = file.reason or directory.problems.get(place) or ("not_in_list" if place in pictures else "not_needed")
            plan.rows.append(Row(file.name, reason=reason))
    return plan


def with_problems(directory: Directory, plan: Plan, failed: Plan | None) -> Plan:
    """The plan by folders, with what was wrong with the lists that lie among the pictures."""
    lists = failed.lists if failed else set()
    for row in plan.rows:
        row.reason = directory.problems.get(row.place) or ("list_without_pictures" if row.place in lists else "")
    return plan
