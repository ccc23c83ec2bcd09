"""What step 1 shows of a project: a row for each label, with its first pictures and what would help it."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from trainer.manifest import MIN_LABELS, MIN_PICTURES
from webapp.core.jobs import Job
from webapp.images.models import Image
from webapp.images.newest import first_of, newest
from webapp.projects.models import Label, Project
from webapp.projects.queries import numbers, with_counts

GUIDE = 40  # pictures of a label with which a first model is usually good; the progress bars are full here
WHOLE_SHOWS = 400  # pictures of one label on one page; the review shows them all
ASIDE_SHOWS = 60
NAMED = 6  # labels that the card of a project names
# Few labels show more of each: (labels up to, pictures of each)
SHOWS = ((4, 23), (12, 11), (10_000, 5))  # with the tile that shows all, these fill whole lines


@dataclass
class Row:
    """A label, how many pictures of it are ready, and the newest of them; `whole` when all are shown."""

    label: Label
    whole: bool = False
    pictures: list[Image] = field(default_factory=list)

    @property
    def count(self) -> int:
        return self.label.image_count

    @property
    def needs(self) -> int:
        """Pictures that are missing before this label can be trained with."""
        return max(0, MIN_PICTURES - self.count)

    @property
    def wants(self) -> int:
        """Pictures that would help."""
        return max(0, GUIDE - self.count)

    @property
    def hidden(self) -> int:
        """Pictures that are not shown."""
        return max(0, self.count - len(self.pictures))


@dataclass(frozen=True)
class Shelf:
    """All rows of a project, what was set aside, and whether it can be trained with."""

    project: Project
    rows: list[Row]
    aside: list[Image]
    aside_count: int
    is_busy: bool  # pictures are coming in just now
    guide: int = GUIDE
    min_pictures: int = MIN_PICTURES
    min_labels: int = MIN_LABELS

    @property
    def pictures(self) -> int:
        return sum(row.count for row in self.rows)

    @property
    def able(self) -> list[Row]:
        return [row for row in self.rows if not row.needs]

    @property
    def few(self) -> list[Row]:
        """Rows with some pictures, but too few; training waits for them."""
        return [row for row in self.rows if row.needs and row.count]

    @property
    def empty(self) -> list[Row]:
        """Rows without a picture; training leaves them out."""
        return [row for row in self.rows if not row.count]

    @property
    def lacking(self) -> list[Row]:
        """Rows that keep training from starting."""
        return self.few + (self.empty if len(self.able) + len(self.few) < MIN_LABELS else [])

    @property
    def is_ready(self) -> bool:
        return len(self.able) >= MIN_LABELS and not self.few


def shelf(project: Project, whole: set[UUID] = frozenset()) -> Shelf:
    """The shelf of a project, in three queries however many labels and pictures it has; the last is left out for a project of `with_work`."""
    labels = list(with_aside(with_counts(project.labels.all())))
    rows = [Row(label, label.id in whole) for label in labels]
    each = next(each for most, each in SHOWS if len(rows) <= most)
    aside = project.images.filter(status=Image.SET_ASIDE).order_by("-created", "id")[:ASIDE_SHOWS]
    found = first_of([newest(row.label.id, WHOLE_SHOWS if row.whole else each) for row in rows if row.count] + [aside])
    fill(rows, found)
    by_id = {label.id: label for label in labels}
    shown = [image for image in ordered(found) if image.status == Image.SET_ASIDE and image.label_id in by_id]
    for image in shown:
        image.label = by_id[image.label_id]
    return Shelf(project, rows, shown, sum(label.aside_count for label in labels), is_busy(project))


def with_aside(labels: QuerySet[Label]) -> QuerySet[Label]:
    """Labels with `aside_count`, their pictures that were set aside."""
    aside = numbers(Label.objects.filter(id=OuterRef("id"), images__status=Image.SET_ASIDE))
    return labels.annotate(aside_count=Coalesce(Subquery(aside), 0))


def fill(rows: list[Row], found: list[Image]) -> None:
    """Give each row its pictures, newest first."""
    by_label: dict[UUID, list[Image]] = defaultdict(list)
    for image in ordered(found):
        if image.status == Image.READY:
            by_label[image.label_id].append(image)
    for row in rows:
        row.pictures = by_label[row.label.id]


def ordered(images: list[Image]) -> list[Image]:
    """Newest first."""
    return sorted(sorted(images, key=lambda image: image.id.hex), key=lambda image: image.created, reverse=True)


def with_work(projects: QuerySet[Project]) -> QuerySet[Project]:
    """Projects with `has_work`: whether an upload or a collection is waiting or at work."""
    uploads, collections = (Exists(Project.objects.filter(id=OuterRef("id"), **{f"{name}__status__in": Job.LIVE})) for name in ("uploads", "collections"))
    return projects.annotate(has_work=uploads | collections)


def is_busy(project: Project) -> bool:
    """Whether an upload or a collection is waiting or at work."""
    return project.has_work if hasattr(project, "has_work") else with_work(Project.objects.filter(id=project.id)).values_list("has_work", flat=True).get()


def covers(projects: list[Project], *, each: int = 3) -> dict[UUID, list[Image]]:
    """The first ready pictures by project id, one of each label before a second of any, as far as the cards name the labels."""
    labels = [label for project in projects for label in list(project.labels.all())[:NAMED]]
    images = first_of([Image.objects.filter(label=label.id, status=Image.READY).order_by("created", "id")[:each] for label in labels])
    positions, seen = {label.id: label.position for label in labels}, Counter()
    ranked = []
    for image in reversed(ordered(images)):
        ranked.append((seen[image.label_id], positions[image.label_id], image.id.hex, image))
        seen[image.label_id] += 1
    found: dict[UUID, list[Image]] = defaultdict(list)
    for *_rank, image in sorted(ranked, key=lambda entry: entry[:3]):
        if len(found[image.project_id]) < each:
            found[image.project_id].append(image)
    return found
