"""The check of a project, done by a worker: near duplicates are grouped, web pictures that are doubled or show something else are set aside, wrong labels are suggested.

What a person has brought is never set aside, and what a person has decided about is never changed.
100,000 pictures take 90 seconds of one core, more than half of it for wrong labels, and 0.8 GB.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import numpy as np
from django.db import transaction

from trainer.confident import likely_wrong_labels
from webapp.core import jobs
from webapp.core.jobs import Heart
from webapp.core.polite import step_back
from webapp.images.models import Image
from webapp.images.services import changed, chunks
from webapp.projects.models import Project
from webapp.review.duplicates import Neighbours, leaders_of
from webapp.review.models import Check, Suggestion
from webapp.review.table import Table, read
from webapp.review.topic import off_topic

PIECE = 20_000  # pictures in which wrong labels are looked for at once; each piece has its share of every label
MOST_SUGGESTIONS = 2000

# From a project's id, the ids and vectors of its pictures, a thread for what takes long and `Heart.check` to what finds candidates among them.
Index = Callable[[UUID, list[UUID], np.ndarray, ThreadPoolExecutor, Callable[[], None]], Neighbours]


def run(check: Check, index: Index) -> None:
    """Look through the pictures of a claimed check's project. Raises LeaseLost, Cancelled and ShuttingDown; what was written until then is right."""
    with Heart(check) as heart, ThreadPoolExecutor(1, "check", initializer=step_back) as thread:
        table = read(check.project, heart.check)
        neighbours = index(check.project_id, table.ids, table.pictures.vectors, thread, heart.check)
        leader = thread.submit(leaders_of, table.pictures, table.best_first(), neighbours, heart.check).result()
        typical = table.counts & (leader == np.arange(len(table)))
        strange = thread.submit(off_topic, table.pictures.units, table.labels, typical, heart.check).result()
        write_groups(table, leader, heart.check)
        write_strange(table, strange, heart.check)
        write_reasons(table, judged(table, leader, strange), heart.check)
        changed.send(Image, projects={check.project_id: 0})
        wrong = thread.submit(wrong_labels, table, heart.check).result()
        jobs.finish(check, found=summary(table, write_suggestions(check.project, table, wrong, heart.check)))


def judged(table: Table, leader: np.ndarray, strange: np.ndarray) -> np.ndarray:
    """Why each picture is to be set aside, text [N]; empty for those that are to be ready. For pictures that a check may change, the others stay."""
    reasons = table.reasons.copy()
    reasons[table.free] = ""
    reasons[table.free & strange] = Image.OFF_TOPIC
    order = table.best_first()
    ready = order[reasons[order] == ""]
    doubled = np.ones(len(table), bool)
    doubled[ready[np.unique(leader[ready], return_index=True)[1]]] = False  # the best of each group
    reasons[ready[doubled[ready] & table.free[ready]]] = Image.DUPLICATE
    return reasons


def write_groups(table: Table, leader: np.ndarray, check: Callable[[], None]) -> None:
    """Give near duplicates one group, called like their leader, and take it from those that have none any more."""
    sizes = np.bincount(leader, minlength=len(table))
    changed = []
    for row, first in enumerate(leader):
        group = table.ids[first] if sizes[first] > 1 else None
        if table.groups[row] != group:
            changed.append(Image(id=table.ids[row], group=group))
    for some in chunks(changed):
        check()
        Image.objects.bulk_update(some, ["group"])


def write_strange(table: Table, strange: np.ndarray, check: Callable[[], None]) -> None:
    """Mark what shows something else, whoever brought it: of uploads, which stay ready, a person is told."""
    strange = strange & (table.reasons != Image.BY_HAND)
    for value in (True, False):
        rows = np.flatnonzero(~table.reviewed & (strange == value) & (table.strange != value))
        for some in chunks([table.ids[row] for row in rows]):
            check()
            Image.objects.filter(id__in=some, is_reviewed=False).update(is_off_topic=value)
    table.strange = np.where(table.reviewed, False, strange)


def write_reasons(table: Table, reasons: np.ndarray, check: Callable[[], None]) -> None:
    """Set pictures aside and bring others back; not those that a person has decided about while the check went on."""
    for reason in (Image.DUPLICATE, Image.OFF_TOPIC, ""):
        rows = np.flatnonzero(table.free & (reasons == reason) & (table.reasons != reason))
        for some in chunks([table.ids[row] for row in rows]):
            check()
            status = Image.SET_ASIDE if reason else Image.READY
            Image.objects.filter(id__in=some, is_reviewed=False).update(status=status, aside_reason=reason)
    table.reasons = reasons


def wrong_labels(table: Table, check: Callable[[], None]) -> list[tuple[int, int, float]]:
    """(row, number of the label that it looks like, score), the surest first, of ready pictures that no person has decided about."""
    found = []
    for rows in pieces(table.labels, np.flatnonzero(table.is_ready & table.has_vector)):
        check()
        for wrong in likely_wrong_labels(table.pictures.vectors[rows].astype(np.float32), table.labels[rows]):
            found.append((int(rows[wrong.index]), wrong.suggested, wrong.score))
    return sorted((one for one in found if not table.reviewed[one[0]]), key=lambda one: (-one[2], one[0]))


def pieces(labels: np.ndarray, rows: np.ndarray) -> list[np.ndarray]:
    """The rows in pieces of at most 20,000 with all labels alike in each."""
    count = -(-len(rows) // PIECE)
    by_label = rows[np.argsort(labels[rows], kind="stable")]
    return [np.sort(by_label[number::count]) for number in range(count)]


def write_suggestions(project: Project, table: Table, wrong: list[tuple[int, int, float]], check: Callable[[], None]) -> int:
    """Put the surest suggestions, 2,000 at most, in the place of those of the last check; gives their number."""
    check()
    with transaction.atomic():
        Project.objects.select_for_update().get(id=project.id)  # two checks of one project write one after the other
        labels = set(project.labels.values_list("id", flat=True))
        made = [Suggestion(project=project, image_id=table.ids[row], label_id=table.label_ids[like], score=score) for row, like, score in wrong[:MOST_SUGGESTIONS]]
        named = chunks([suggestion.image_id for suggestion in made])
        there = {one for some in named for one in Image.objects.filter(id__in=some).values_list("id", flat=True)}
        rows = [suggestion for suggestion in made if suggestion.image_id in there and suggestion.label_id in labels]
        project.suggestions.all().delete()
        Suggestion.objects.bulk_create(rows, batch_size=500)
    return len(rows)


def summary(table: Table, suggested: int) -> dict[str, int]:
    """What a check came to, for Check.found: how many pictures there are, are set aside as duplicates, show something else, and have another label suggested."""
    strange = table.strange | (table.reasons == Image.OFF_TOPIC)
    counts = {Image.DUPLICATE: int((table.reasons == Image.DUPLICATE).sum()), Image.OFF_TOPIC: int(strange.sum())}
    return {"pictures": len(table), **counts, "suggestions": suggested}
