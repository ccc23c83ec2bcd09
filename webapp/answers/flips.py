"""Which answers changed: what two models say to the same pictures, held side by side."""

import time
from collections.abc import Iterable
from dataclasses import dataclass

from webapp.answers.keeping import current
from webapp.answers.models import Answer, Correction
from webapp.core import store
from webapp.core.errors import UserError
from webapp.images.models import Image
from webapp.serving import services as serving
from webapp.serving.answer import percent
from webapp.serving.answered import AGAIN
from webapp.serving.models import Model

MOST_POSTED = 24  # pictures of a page's memory that are asked again
MOST_KEPT, KEPT_SECONDS = 60, 2.0  # kept answers that are asked again, the newest, and for how long at most


@dataclass(frozen=True)
class Said:
    """What a model says: a label, or "" for none of these, and its confidence from 0 to 1."""

    label: str
    confidence: float

    @property
    def percent(self) -> str:
        return percent(self.confidence)


@dataclass(frozen=True)
class Flip:
    """An answer before and after; `answer` is the kept one, or `place` where the picture stood among those that came."""

    before: Said
    after: Said
    answer: Answer | None = None
    place: int = -1

    @property
    def changed(self) -> bool:
        return self.before.label != self.after.label


def say(model: Model, picture: bytes) -> Said:
    """What a model says to a picture; raises UserError."""
    prediction = serving.predict(model=model, data=picture, top=1, door=AGAIN)
    label, confidence = prediction.answers[0]
    return Said("" if prediction.unknown else label, confidence)


def of_picture(correction: Correction, new: Model) -> Flip | None:
    """The corrected picture itself; None where it is gone."""
    image = Image.objects.filter(project=correction.project_id, id=correction.image).first()
    try:
        return image and Flip(Said(correction.said, correction.confidence or 0.0), say(new, store.get(image.file_name)))
    except (FileNotFoundError, UserError):
        return None


def of_posted(old: Model, new: Model, pictures: Iterable[bytes]) -> list[Flip]:
    """What changed among pictures that a page remembers."""
    flips = []
    for place, picture in enumerate(pictures):
        try:
            flips.append(Flip(say(old, picture), say(new, picture), place=place))
        except UserError:  # it was answered once; whatever it is now, it says nothing of the models
            continue
    return [flip for flip in flips if flip.changed]


def of_kept(correction: Correction, new: Model) -> tuple[list[Flip], int]:
    """What changed among the newest kept answers of the model that was wrong, and how many were asked again."""
    rows = current(correction.project).filter(model=correction.model_id).exclude(id=correction.answer_id)[:MOST_KEPT]
    flips, asked, ends = [], 0, time.monotonic() + KEPT_SECONDS
    for answer in rows:
        if time.monotonic() > ends:
            break
        try:
            after = say(new, store.get(answer.file_name))
        except (FileNotFoundError, UserError):
            continue
        asked += 1
        flips.append(Flip(Said("" if answer.unknown else answer.best, answer.confidence), after, answer=answer))
    return [flip for flip in flips if flip.changed], asked
