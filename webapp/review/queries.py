"""What the review page shows: how the labels stand to one another, and the pictures, page by page, however many there are."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from statistics import median
from uuid import UUID

from django.db.models import Count, F, Q, QuerySet

from webapp.core.jobs import Job
from webapp.images.models import Image
from webapp.images.rows import GUIDE
from webapp.projects.models import Label, Project

FLAGGED = Q(is_blurred=True) | Q(is_tiny=True) | Q(is_empty=True)
# Uploads are never set aside by themselves; a person who has decided wants no more to hear of it.
OFF_TOPIC = Q(aside_reason=Image.OFF_TOPIC) | Q(is_off_topic=True, is_reviewed=False)
SHOWS = {
    "all": Q(),
    "ready": Q(status=Image.READY),
    "set_aside": Q(status=Image.SET_ASIDE),
    "duplicate": Q(group__isnull=False),  # of uploads too, which are never set aside by themselves
    "off_topic": OFF_TOPIC,
    "flagged": FLAGGED,
    # Not where a person has decided since, whichever way: an undo brings the suggestion back.
    "wrong_label": Q(suggestion__isnull=False, status=Image.READY, is_reviewed=False) & ~Q(suggestion__label=F("label")),
}
ORDER = ("-group", "created", "id")  # within a label; near duplicates stand together, before pictures that have none
LIMIT = 200


@dataclass
class Standing:
    """A label and its pictures: `counts` by the names of SHOWS, and how many more would help it."""

    label: Label
    counts: Counter = field(default_factory=Counter)
    target: int = 0  # pictures that a label of this project should have

    @property
    def ready(self) -> int:
        return self.counts["ready"]

    @property
    def wants(self) -> int:
        """Pictures that are missing, as people say it: in fives."""
        return -(-max(0, self.target - self.ready) // 5) * 5


@dataclass
class Balance:
    """All labels of a project in their order; `counts` are those of the whole project by the names of SHOWS."""

    rows: list[Standing]
    counts: Counter
    most: int  # ready pictures of the biggest label

    @property
    def lacking(self) -> list[Standing]:
        """The labels that need more pictures, the poorest first."""
        return sorted((row for row in self.rows if row.wants), key=lambda row: row.ready)


@dataclass(frozen=True)
class Page:
    """Some pictures in the order of the grid, and the word that the next page begins with ("" at the end)."""

    items: list[Image]
    next: str


def balance(project: Project) -> Balance:
    """How the labels of a project stand to one another, in three queries."""
    rows = {label.id: Standing(label) for label in project.labels.order_by("position", "created", "id")}
    for label_id, status, is_strange, is_flagged, is_grouped, number in tallied(project):
        shows = {"all", status, "off_topic" if is_strange else "", "flagged" if is_flagged else "", "duplicate" if is_grouped else ""} & SHOWS.keys()
        rows[label_id].counts.update(dict.fromkeys(shows, number))
    for label_id, number in doubted(project).order_by().values_list("image__label").annotate(number=Count("*")):
        rows[label_id].counts["wrong_label"] += number
    ready = [row.ready for row in rows.values()]
    for row in rows.values():
        row.target = target(ready)
    return Balance(list(rows.values()), sum((row.counts for row in rows.values()), Counter()), max(ready, default=0))


def line(project: Project, ready: int, aside: int) -> dict:
    """What step 1 says of a project with so many pictures, in two queries."""
    checking = project.checks.filter(status__in=Job.LIVE).exists()
    return {"project": project, "ready": ready, "aside": aside, "doubts": doubted(project).count(), "is_checking": checking}


def doubted(project: Project) -> QuerySet:
    """The suggestions that SHOWS["wrong_label"] is about, asked from the other side: there are few, however many pictures there are."""
    return project.suggestions.filter(image__status=Image.READY, image__is_reviewed=False).exclude(label=F("image__label"))


def tallied(project: Project) -> QuerySet:
    """(label id, status, whether it shows something else, whether it is flagged, whether it has near duplicates, number) of the pictures of a project, from one index."""
    rows = project.images.order_by().annotate(is_strange=OFF_TOPIC, is_flagged=FLAGGED, is_grouped=Q(group__isnull=False))
    return rows.values_list("label", "status", "is_strange", "is_flagged", "is_grouped").annotate(number=Count("*"))


def target(ready: list[int]) -> int:
    """How many pictures each label should have: enough for a first model, and no less than half of what is usual in the project."""
    return max(GUIDE, round(median(ready) / 2)) if ready else GUIDE


def grid(project: Project, *, label: Label | None = None, show: str = "all", after: str | None = None, limit: int = LIMIT) -> Page:
    """A page of pictures, each with its label and `suggestion`: by label, near duplicates together, then as they came. Unknown words mean the first page of all.

    Costs five queries at most, however far down the page is; pictures that change meanwhile are never shown twice in a row nor left out.
    """
    show, start = show if show in SHOWS else "all", Place.read(after)
    labels = [label] if label else list(project.labels.order_by("position", "created", "id"))
    first = next((number for number, one in enumerate(labels) if start and one.id == start.label), 0)
    start = start if labels and start and labels[first].id == start.label else None
    items: list[Image] = []
    for some in spans(project, labels[first:], show, limit + 1):
        items += pictures(some, show, start, limit + 1 - len(items))
        start = None
        if len(items) > limit:
            break
    more = len(items) > limit
    return Page(items[:limit], Place.of(items[limit - 1]).word if more else "")


def spans(project: Project, labels: list[Label], show: str, wanted: int) -> list[list[Label]]:
    """The labels in pieces that are read one after another: the first alone, because the page may begin within it, then as many as fill the page, then all others."""
    if len(labels) < 3:
        return [[label] for label in labels]
    rows = Image.objects.filter(SHOWS[show], project=project, label__in=labels[1:]).order_by()
    counts = dict(rows.values_list("label").annotate(number=Count("*")))
    total, filling = 0, []
    for label in labels[1:]:
        if total >= wanted:
            break
        if counts.get(label.id):
            filling.append(label)
            total += counts[label.id]
    # The last label may be huge: read alone, an index has its beginning.
    return [piece for piece in ([labels[0]], filling[:-1], filling[-1:]) if piece]


def pictures(labels: list[Label], show: str, start: "Place | None", limit: int) -> list[Image]:
    """The first pictures of some labels, after a place in the first of them."""
    rows = Image.objects.filter(SHOWS[show]).select_related("suggestion__label")
    rows = rows.filter(label=labels[0]) if len(labels) == 1 else rows.filter(label__in=labels)
    if start:
        rows = rows.filter(start.later)
    place = {label.id: number for number, label in enumerate(labels)}
    known = {label.id: label for label in labels}
    # Several labels are read only where all of their pictures together fit on the page.
    found = list(rows.order_by(*ORDER)[: limit if len(labels) == 1 else None])
    found.sort(key=lambda image: place[image.label_id])  # stable: within a label the order stays
    for image in found:
        image.label = known[image.label_id]
    return found[:limit]


@dataclass(frozen=True)
class Place:
    """Where a picture stands in the grid."""

    label: UUID
    group: UUID | None
    created: datetime
    id: UUID

    @classmethod
    def of(cls, image: Image) -> "Place":
        return cls(image.label_id, image.group, image.created, image.id)

    @classmethod
    def read(cls, word: str | None) -> "Place | None":
        """The place that a word says; None for none and for nonsense."""
        try:
            label, group, created, image = (word or "").split("_")
            return cls(UUID(label), UUID(group) if group else None, datetime.fromisoformat(created), UUID(image))
        except ValueError:
            return None

    @property
    def word(self) -> str:
        return "_".join([self.label.hex, self.group.hex if self.group else "", self.created.isoformat().replace("+00:00", "Z"), self.id.hex])

    @property
    def later(self) -> Q:
        """What stands after it in the same label."""
        same = Q(group=self.group) if self.group else Q(group__isnull=True)
        after = same & (Q(created__gt=self.created) | Q(created=self.created, id__gt=self.id))
        return after | Q(group__lt=self.group) | Q(group__isnull=True) if self.group else after
