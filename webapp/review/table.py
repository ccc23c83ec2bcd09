"""The pictures of a project as a check sees them: columns of numbers, read in one pass."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from uuid import UUID

import numpy as np

from trainer.embed import DIMENSIONS
from webapp.images.models import Image
from webapp.projects.models import Project
from webapp.review.duplicates import Pictures

CHUNK = 1000
COLUMNS = ("id", "label", "status", "aside_reason", "is_reviewed", "source", "group", "phash", "is_blurred", "is_tiny", "width", "height", "is_off_topic")


@dataclass
class Table:
    """N pictures, oldest first. 100,000 take 350 MB, nearly all of it the vectors."""

    ids: list[UUID]
    groups: list[UUID | None]
    label_ids: list[UUID]  # by the numbers in `labels`
    labels: np.ndarray  # int [N]
    reasons: np.ndarray  # why each is set aside, text [N]; empty while it is ready
    reviewed: np.ndarray  # bool [N]
    strange: np.ndarray  # bool [N]: an earlier check found that it shows something else
    web: np.ndarray  # bool [N]: came from the web
    quality: np.ndarray  # int [N]: pixels; fewer than none when it is blurred or tiny
    pictures: Pictures

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def is_ready(self) -> np.ndarray:
        return self.reasons == ""

    @property
    def free(self) -> np.ndarray:
        """What a check may set aside and bring back, bool [N]."""
        return self.web & ~self.reviewed & (self.reasons != Image.BY_HAND)

    @property
    def has_vector(self) -> np.ndarray:
        return self.pictures.lengths > 0

    @property
    def counts(self) -> np.ndarray:
        """What says how a label looks, bool [N]: all that no person has set aside, whatever an earlier check thought of it."""
        return self.has_vector & (self.reasons != Image.BY_HAND)

    def best_first(self) -> np.ndarray:
        """Row numbers: what a person set aside comes last, what people brought or decided about first, then the sharp and large ones, then the oldest."""
        return np.lexsort((np.arange(len(self)), -self.quality, self.free, self.reasons == Image.BY_HAND))


def read(project: Project, check: Callable[[], None] = lambda: None) -> Table:
    """All pictures of a project; `check` is called now and then and may raise to stop."""
    rows, vectors = [], np.zeros((project.images.count(), DIMENSIONS), "<f2")
    images = project.images.order_by("created", "id").values_list(*COLUMNS, "embedding__vector").iterator(CHUNK)
    for number, (*row, vector) in enumerate(islice(images, len(vectors))):  # more may have come since they were counted
        rows.append(row)
        if vector is not None:
            vectors[number] = np.frombuffer(vector, "<f2")
        if number % CHUNK == 0:
            check()
    return table(rows, vectors[: len(rows)])


def table(rows: list[list], vectors: np.ndarray) -> Table:
    ids, label_ids, statuses, reasons, reviewed, sources, groups, hashes, blurred, tiny, widths, heights, strange = zip(*rows, strict=True) if rows else [()] * len(COLUMNS)
    known = list(dict.fromkeys(label_ids))
    place = {label: number for number, label in enumerate(known)}
    pixels = np.array(widths, np.int64) * np.array(heights, np.int64)
    return Table(
        ids=list(ids),
        groups=list(groups),
        label_ids=known,
        labels=np.array([place[label] for label in label_ids], np.int64),
        # Those that were set aside before reasons were kept, a person did.
        reasons=np.array([reason or (Image.BY_HAND if status == Image.SET_ASIDE else "") for reason, status in zip(reasons, statuses, strict=True)], "<U24"),
        reviewed=np.array(reviewed, bool),
        strange=np.array(strange, bool),
        web=np.array([source == Image.WEB for source in sources], bool),
        quality=np.where(np.array(blurred, bool) | np.array(tiny, bool), pixels - (1 << 40), pixels),
        pictures=compared(vectors, hashes),
    )


def compared(vectors: np.ndarray, hashes: tuple[int | None, ...]) -> Pictures:
    lengths = np.zeros(len(vectors), np.float32)
    for start in range(0, len(vectors), CHUNK):
        part = slice(start, start + CHUNK)
        np.nan_to_num(vectors[part], copy=False, posinf=0, neginf=0)
        lengths[part] = np.linalg.norm(vectors[part].astype(np.float32), axis=1)
    return Pictures(vectors, lengths, np.array([number or 0 for number in hashes], np.int64), np.array([number is not None for number in hashes], bool))
