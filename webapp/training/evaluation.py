"""What a run said to its test pictures, for the page that looks closer: cells of the table, mistakes, scores by label, and how far its confidence can be trusted."""

from dataclasses import dataclass
from uuid import UUID

from webapp.images.models import Image
from webapp.projects.models import Label
from webapp.training.models import Run
from webapp.training.report import WIDEST, matrix, mixed_up

SHOWN = 12  # pictures at once; on a phone each takes a third of the screen
SORTS = ("name", "precision", "recall", "f1", "support")
CONFIDENT = 0.8  # the confidence that the sentence about calibration is about, if there are pictures near it


@dataclass(frozen=True)
class Name:
    """A label as the run knew it, by its place; `label` is the one of that name that the project has now, None when it was renamed or removed."""

    place: int
    name: str
    hue: int
    label: Label | None

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class Answer:
    """What was said to one test picture, with what confidence, and what its label was at the training."""

    image_id: UUID
    actual: Name
    said: Name
    confidence: float

    @property
    def is_right(self) -> bool:
        return self.said.place == self.actual.place


@dataclass(frozen=True)
class Shot:
    """An answer with its picture as that is now."""

    answer: Answer
    image: Image
    now: Label | None  # its label by now, where that is another one

    @property
    def is_aside(self) -> bool:
        return self.image.status == Image.SET_ASIDE

    @property
    def is_changed(self) -> bool:
        """Whether the next training learns something else from it."""
        return self.is_aside or self.now is not None

    @property
    def is_confirmed(self) -> bool:
        """Whether a person has said that its label is right."""
        return self.image.is_reviewed and not self.is_changed


@dataclass(frozen=True)
class Part:
    """Some pictures of a longer list: `rest` come after them, and `next` is where those begin."""

    shots: list[Shot]
    total: int
    next: int

    @property
    def rest(self) -> int:
        return max(0, self.total - self.next)

    @property
    def is_changed(self) -> bool:
        return any(shot.is_changed for shot in self.shots)


class Evaluation:
    """The evaluation of a run that has one (see API.md), with its answers and the project's labels of today."""

    def __init__(self, run: Run, labels: list[Label]) -> None:
        self.run, self.facts = run, run.evaluation
        self.labels = labels
        self.names = names(self.facts["labels"], labels)
        self.answers = answers(run, self.names)
        self.is_complete = run.answers is not None  # runs of before kept only their mistakes
        self._images: dict[UUID, Image] = {}

    def cell(self, actual: int, said: int) -> list[Answer]:
        """The answers of one cell of the table, the surest first."""
        return [one for one in self.answers if (one.actual.place, one.said.place) == (actual, said)]

    def mistakes(self) -> list[Answer]:
        return [one for one in self.answers if not one.is_right]

    def rows(self) -> list[dict]:
        """The table of mix-ups; a cell has the labels it is about. None of it where it would be too large: see `pairs`."""
        if len(self.names) > WIDEST:
            return []
        rows = matrix(self.names, self.facts["confusion"])
        for row in rows:
            row["cells"] = [cell | {"said": name, "is_hit": name.place == row["label"].place} for cell, name in zip(row["cells"], self.names, strict=True)]
        return rows

    def pairs(self) -> list[dict]:
        """What was mixed up, the most frequent first."""
        return mixed_up(self.names, self.facts["confusion"])

    def scores(self, sort: str) -> list[dict]:
        """Precision, recall, F1 and support by label; `sort` is a column, with - before it from the largest down."""
        rows = [entry | {"label": name, "found": round(entry["recall"] * entry["support"])} for entry, name in zip(self.facts["labels"], self.names, strict=True)]
        column = sort.removeprefix("-")
        return sorted(rows, key=lambda row: row[column], reverse=sort.startswith("-")) if column in SORTS else rows

    def fetch_images(self, found: list[Answer]) -> None:
        """Read the pictures of these answers at once: a page shows several lists and asks the database once."""
        missing = {one.image_id for one in found} - self._images.keys()
        self._images |= {image.id: image for image in Image.objects.filter(project_id=self.run.project_id, id__in=missing)}

    def part(self, found: list[Answer], start: int = 0) -> Part:
        """The pictures of some answers from one on; those that are gone since are left out."""
        some = found[start : start + SHOWN]
        self.fetch_images(some)
        here = {label.id: label for label in self.labels}
        shots = [shot(one, self._images[one.image_id], here) for one in some if one.image_id in self._images]
        return Part(shots, len(found), start + SHOWN)

    def find(self, image_id: UUID) -> Shot | None:
        """What was said to one picture; None when it was not asked about or is gone."""
        found = [one for one in self.answers if one.image_id == image_id][:1]
        return next(iter(self.part(found).shots), None)


def names(entries: list[dict], labels: list[Label]) -> list[Name]:
    """The labels of an evaluation in its order, each with the project's label of that name."""
    here = {label.name: label for label in labels}
    return [Name(place, entry["name"], here[entry["name"]].hue if entry["name"] in here else place % 8 + 1, here.get(entry["name"])) for place, entry in enumerate(entries)]


def answers(run: Run, known: list[Name]) -> list[Answer]:
    """All that was said, the surest first; of a run of before, its mistakes."""
    by_name = {one.name: one for one in known}
    mistakes = [[one["image_id"], one["actual"], one["predicted"], one["confidence"]] for one in run.evaluation.get("mistakes", [])]
    rows = mistakes if run.answers is None else run.answers
    found = [Answer(UUID(key), by_name[actual], by_name[said], share) for key, actual, said, share in rows if actual in by_name and said in by_name]
    return sorted(found, key=lambda one: -one.confidence)


def shot(answer: Answer, image: Image, labels: dict[UUID, Label]) -> Shot:
    now = labels.get(image.label_id)
    return Shot(answer, image, now if now and now != answer.actual.label else None)


def calibration(facts: dict) -> dict | None:
    """What the reliability diagram shows, in percent for its drawing; None for runs that have no bins."""
    known = facts.get("calibration") or {}
    bins = [drawn(one) for one in known.get("bins") or [] if one["count"]]
    if not bins:
        return None
    return known | {"bins": bins, "example": min(bins, key=lambda one: (abs(one["confidence"] - CONFIDENT) > 0.1, -one["count"]))}


def drawn(one: dict) -> dict:
    """A bin with the places of its bar on a drawing of 100 by 100."""
    left, width, height = 100 * one["low"], 100 * (one["high"] - one["low"]), 100 * one["accuracy"]
    return one | {"x": left + 1, "width": max(1, width - 2), "y": 100 - height, "height": height, "middle": 100 * one["confidence"]}
