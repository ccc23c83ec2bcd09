"""What step 1 shows of a project: a row for each label, with its first pictures and what would help it."""

from collections import defaultdict
from dataclasses import dataclass, field
from uuid import UUID

from django.db.models import F, Window
from django.db.models.functions import RowNumber

from trainer.manifest import MIN_LABELS, MIN_PICTURES
from webapp.core.jobs import Job
from webapp.images.models import Image
from webapp.projects.models import Label, Project
from webapp.projects.queries import with_counts

GUIDE = 40  # pictures of a label with which a first model is usually good; the progress bars are full here
WHOLE_SHOWS = 1000  # pictures of one label on one page
ASIDE_SHOWS = 60
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
    """The shelf of a project, in six queries however many labels it has, and one more for each label that is shown whole."""
    # Said again here: a query that groups forgets the order of its model.
    labels = with_counts(project.labels.all()).order_by("position", "created", "id")
    rows = [Row(label, label.id in whole) for label in labels]
    first = first_pictures(project, each=next(each for most, each in SHOWS if len(rows) <= most))
    for row in rows:
        row.pictures = whole_label(row.label) if row.whole else first[row.label.id]
    aside = project.images.filter(status=Image.SET_ASIDE)
    shown = list(aside.select_related("label").order_by("-created", "id")[:ASIDE_SHOWS])
    return Shelf(project, rows, shown, aside.count(), is_busy(project))


def is_busy(project: Project) -> bool:
    """Whether an upload or a collection is waiting or at work."""
    return any(jobs.filter(status__in=Job.LIVE).exists() for jobs in (project.uploads, project.collections))


def first_pictures(project: Project, *, each: int) -> dict[UUID, list[Image]]:
    """The newest ready pictures by label id, at most `each` of a label, in one query."""
    place = Window(RowNumber(), partition_by=F("label"), order_by=(F("created").desc(), F("id").asc()))
    found: dict[UUID, list[Image]] = defaultdict(list)
    for image in project.images.filter(status=Image.READY).annotate(place=place).filter(place__lte=each).order_by("label", "place"):
        found[image.label_id].append(image)
    return found


def whole_label(label: Label) -> list[Image]:
    return list(label.images.filter(status=Image.READY).order_by("-created", "id")[:WHOLE_SHOWS])


def covers(projects: list[Project], *, each: int = 3) -> dict[UUID, list[Image]]:
    """The first ready pictures by project id, one of each label before a second of any."""
    within = Window(RowNumber(), partition_by=F("label"), order_by=(F("created").asc(), F("id").asc()))
    images = Image.objects.filter(project__in=projects, status=Image.READY).annotate(within=within).filter(within__lte=each)
    found: dict[UUID, list[Image]] = defaultdict(list)
    for image in images.order_by("within", "label__position", "id"):
        if len(found[image.project_id]) < each:
            found[image.project_id].append(image)
    return found
