"""The pictures that a model learned from and was tested with, as far as they are still there."""

from collections import defaultdict
from itertools import chain, zip_longest

from trainer.manifest import Row
from webapp.core import store
from webapp.images.models import Image
from webapp.training.models import Run
from webapp.training.snapshot import TRAIN, VAL

MOST = {TRAIN: 600, VAL: 200}  # of each part: enough to calibrate, to learn what is usual, and to hold an answer against the page's


def rows(run: Run) -> list[Row]:
    """Some hundred pictures of a run, in turns from its labels, the same for the same pictures."""
    snapshot = Run.everything.values_list("snapshot", flat=True).get(id=run.id)
    wanted = [entry for part, most in MOST.items() for entry in spread([row for row in snapshot if row[2] == part], most)]
    there = Image.objects.only("id", "project_id", "sha256", "group").in_bulk([image_id for image_id, _label, _part in wanted])
    there = {str(key): image for key, image in there.items()}
    return [row(there[image_id], label, part) for image_id, label, part in wanted if image_id in there]


def spread(snapshot: list[list[str]], most: int) -> list[list[str]]:
    """At most so many entries of a snapshot, in turns from its labels."""
    by_label = defaultdict(list)
    for entry in snapshot:
        by_label[entry[1]].append(entry)
    turns = chain.from_iterable(zip_longest(*by_label.values()))
    return [entry for entry in turns if entry][:most]


def row(image: Image, label: str, part: str) -> Row:
    return Row(str(store.local_path(image.file_name)), label, part, group=str(image.group) if image.group else None, key=str(image.id))
