"""What a tuning works with: the model as files, pictures that calibrate small numbers, unseen ones that are asked about, and all of them for a last look.

They are those that the model's run learned from and was tested with, as far as they are still there and not set aside.
"""

import hashlib
import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, zip_longest
from pathlib import Path
from uuid import UUID

from django.utils.translation import gettext as _

from webapp.core import store
from webapp.core.errors import UserError
from webapp.images.models import Image
from webapp.images.services import chunks
from webapp.serving.models import Model
from webapp.training.models import Run
from webapp.training.snapshot import TRAIN, VAL

MOST_ASKED = 500  # unseen pictures: a point of accuracy is then five of them
MOST_CALIBRATING = 100
MOST_LEARNED = 2000  # of which a variant learns what is usual


@dataclass(frozen=True)
class Picture:
    """A picture file of a run by its id: its label as it was learned, its part (train or val), and what it shares with its near duplicates."""

    id: str
    path: Path
    label: str
    part: str
    group: str | None

    def row(self) -> dict:
        """As `trainer.manifest.Row` is written down."""
        return {"path": str(self.path), "label": self.label, "split": self.part, "group": self.group}


@dataclass(frozen=True)
class Material:
    """Everything for one tuning."""

    bundle: Path
    asked: list[Picture]
    calibrating: list[Picture]
    learned: list[Picture]

    @property
    def digest(self) -> str:
        """64 hexadecimal digits, the same where the same pictures are asked."""
        return hashlib.sha256("\n".join(sorted(picture.id for picture in self.asked)).encode()).hexdigest()


def of(model: Model, check: Callable[[], None] = lambda: None) -> Material:
    """Gather it; raises UserError when no unseen picture is left, and what `check` raises: pictures of a bucket are fetched."""
    snapshot = Run.everything.values_list("snapshot", flat=True).get(id=model.run_id)
    tested, trained = ([(key, label) for key, label, part in snapshot if part == wanted] for wanted in (VAL, TRAIN))
    asked = list(pictures(model, drawn(tested, MOST_ASKED), VAL, check))
    if not asked:
        raise UserError(_("The pictures that tested this model are gone, so nobody could say how good a faster one is. Train again, then measure the new model."))
    learned = list(pictures(model, drawn(trained, MOST_LEARNED), TRAIN, check))
    return Material(local(model), asked, learned[:MOST_CALIBRATING], [*learned, *asked])


def local(model: Model) -> Path:
    """The folder of a model's bundle on this machine; raises UserError when it is gone."""
    try:
        files = [store.local_path(f"{model.folder}/{name}") for name in model.files]
        return next(file.parent for file in files if file.name == "bundle.json" and file.is_file())
    except (OSError, StopIteration) as error:
        raise UserError(_("The files of this model are gone. Train again to make a new one.")) from error


def drawn(pairs: Iterable[tuple[str, str]], most: int) -> list[tuple[str, str]]:
    """At most so many of (picture id, label), the labels in turn, so that the first hundred are of all of them; always the same ones."""
    by_label = defaultdict(list)
    for pair in sorted(pairs):
        by_label[pair[1]].append(pair)
    for name, some in sorted(by_label.items()):
        random.Random(name).shuffle(some)
    in_turn = chain.from_iterable(zip_longest(*(by_label[name] for name in sorted(by_label))))
    return [pair for pair in in_turn if pair][:most]


def pictures(model: Model, pairs: list[tuple[str, str]], part: str, check: Callable[[], None]) -> Iterator[Picture]:
    """Those of these pictures that are still there, in the same order."""
    for some in chunks(pairs):
        images = Image.objects.filter(project=model.project_id, status=Image.READY).only("id", "project_id", "sha256", "group").in_bulk([UUID(key) for key, _label in some])
        for key, label in some:
            check()
            image = images.get(UUID(key))
            path = image and file_of(image)
            if path:
                yield Picture(key, path, label, part, str(image.group) if image.group else None)


def file_of(image: Image) -> Path | None:
    """Where a picture lies on this machine; None when it was deleted just now."""
    try:
        path = store.local_path(image.file_name)
    except FileNotFoundError:
        return None
    return path if path.is_file() else None
