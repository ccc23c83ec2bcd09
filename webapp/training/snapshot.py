"""Which pictures a run learns from and which it is tested on; fixed when its work begins and kept with it."""

from collections import defaultdict
from dataclasses import dataclass, replace
from uuid import UUID

from trainer.manifest import split_rows
from webapp.images.lookalikes import leaders_of
from webapp.images.models import Image
from webapp.projects.models import Project

TRAIN, VAL = "train", "val"


@dataclass(frozen=True)
class Row:
    """A ready picture: `given` is the part that it came with, or "", `group` what it shares with its near duplicates, and `phash` how it looks."""

    id: UUID
    label: str
    given: str
    group: UUID | None
    phash: int | None


def snapshot(project: Project, seed: int) -> tuple[list[list[str]], list[str]]:
    """[[image id, label name, "train" or "val"], ...] of all ready pictures, and the labels with near duplicates in both parts: a tenth of each label for testing, the same for the same seed.

    Near duplicates are in the same part. A split that pictures came with is kept, unless it leaves a label without one of the two parts.
    """
    # By hash, not by time of arrival: the same pictures are split the same way in every project.
    found = Image.objects.filter(project=project, status=Image.READY).order_by("sha256").values_list("id", "label__name", "split", "group", "phash")
    rows = grouped([Row(*values) for values in found])
    parts = chosen(rows, seed)
    by_label = defaultdict(list)
    for row in rows:
        by_label[row.label].append(row)
    for some in by_label.values():
        if {parts[row.id] for row in some} != {TRAIN, VAL}:
            parts |= divided(some, seed)
    return [[str(row.id), row.label, parts[row.id]] for some in by_label.values() for row in some], torn(rows, parts)


def torn(rows: list[Row], parts: dict[UUID, str]) -> list[str]:
    """The names of labels of which a picture is tested and a near duplicate, of whichever label, is learned."""
    learned = {row.group for row in rows if row.group and parts[row.id] == TRAIN}
    return sorted({row.label for row in rows if row.group in learned and parts[row.id] == VAL})


def grouped(rows: list[Row]) -> list[Row]:
    """The same pictures, those that no check has put into a group together with what looks nearly like them: a check may not have run yet."""
    # Those with a group come first, so that others join it.
    order = sorted(rows, key=lambda row: row.group is None)
    leaders = [order[place] for place in leaders_of(row.phash for row in order)]
    group = {row.id: row.group or leader.group or leader.id for row, leader in zip(order, leaders, strict=True)}
    return [replace(row, group=group[row.id]) for row in rows]


def chosen(rows: list[Row], seed: int) -> dict[UUID, str]:
    """The part of each picture: the one that it or a near duplicate of it came with, or the one that falls to it."""
    given = {row.group: row.given for row in rows if row.given and row.group}
    kept = {row.id: row.given or given.get(row.group, "") for row in rows}
    return kept | divided([row for row in rows if not kept[row.id]], seed)


def divided(rows: list[Row], seed: int) -> dict[UUID, str]:
    parts = split_rows([row.label for row in rows], seed, groups=[row.group for row in rows])
    return dict(zip([row.id for row in rows], parts, strict=True))
