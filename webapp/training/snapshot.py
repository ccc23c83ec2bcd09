"""Which pictures a run learns from and which it is tested on; fixed when it starts and kept with it."""

from collections import defaultdict

from trainer.manifest import split_rows
from webapp.images.models import Image
from webapp.projects.models import Project

TRAIN, VAL = "train", "val"


def snapshot(project: Project, seed: int) -> list[list[str]]:
    """[[image id, label name, "train" or "val"], ...] of all ready pictures: a tenth of each label for testing, the same for the same seed.

    A split that pictures came with is kept, unless it leaves a label without one of the two parts.
    """
    # By hash, not by time of arrival: the same pictures are split the same way in every project.
    rows = Image.objects.filter(project=project, status=Image.READY).order_by("sha256").values_list("id", "label__name", "split")
    by_label = defaultdict(list)
    for image_id, label, split in rows:
        by_label[label].append((str(image_id), split))
    return [[image_id, label, part] for label, images in by_label.items() for image_id, part in parts(label, images, seed)]


def parts(label: str, images: list[tuple[str, str]], seed: int) -> list[tuple[str, str]]:
    """(image id, part) of one label's pictures, given (image id, the part it came with or "")."""
    free = [image_id for image_id, given in images if not given]
    chosen = dict(images) | dict(zip(free, split_rows([label] * len(free), seed), strict=True))
    if set(chosen.values()) != {TRAIN, VAL}:
        chosen = dict(zip(chosen, split_rows([label] * len(chosen), seed), strict=True))
    return list(chosen.items())
