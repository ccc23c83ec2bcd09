"""What a person does to pictures, one or thousands. Who may do it was asked before, in `projects.rules`.

A picture that a person has decided about is left alone by every check. `standing` keeps what `restore` needs to take a change back.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import partial

from django.db import transaction
from django.dispatch import Signal
from django.utils.translation import gettext as _

from webapp.core.again import again
from webapp.core.errors import UserError
from webapp.images.models import Image
from webapp.projects.models import Label, Project
from webapp.projects.services import delete_files

CHUNK = 500  # pictures named in one statement
STANDING = ("label_id", "status", "aside_reason", "is_reviewed")  # the columns that a decision changes

deleted = Signal()  # sent with `images` when pictures of projects that stay were deleted, in the transaction
# Sent in the transaction when what can be learned from has changed, with `projects`: {project id: how many pictures are new}
changed = Signal()

# [[label id, status, reason, whether reviewed, [image ids]], ...]: short, because pictures that are changed together often stand alike
Standing = list[list]


def move_images(*, images: Sequence[Image], label: Label) -> None:
    """Give pictures another label of their project; raises UserError for a label of another one."""
    if any(image.project_id != label.project_id for image in images):
        raise UserError(_("Choose a label of the same AI."), code="unknown_label", field="label")
    _change(images, label_id=label.id)


def set_aside_images(*, images: Sequence[Image]) -> None:
    """Leave pictures out of training, without deleting them."""
    _change(images, status=Image.SET_ASIDE, aside_reason=Image.BY_HAND)


def keep_images(*, images: Sequence[Image]) -> None:
    """Have pictures among those to train with, whatever a check thinks of them."""
    _change(images, status=Image.READY, aside_reason="")


@again
def delete_images(*, images: Sequence[Image]) -> None:
    """Delete pictures; their files go when the database has agreed."""
    gone: dict[Project, list[Image]] = defaultdict(list)
    for image in images:
        gone[image.project].append(image)
    with transaction.atomic():
        for some in chunks(images):
            Image.objects.filter(id__in=[image.id for image in some]).delete()
        deleted.send(Image, images=images)
        changed.send(Image, projects={project.id: 0 for project in gone})
        for project, lost in gone.items():
            transaction.on_commit(partial(delete_files, project, lost), robust=True)


def move_image(*, image: Image, label: Label) -> Image:
    """Give one picture another label of its project; raises UserError for a label of another one."""
    move_images(images=[image], label=label)
    return image


def set_aside(*, image: Image) -> Image:
    """Leave one picture out of training, without deleting it."""
    set_aside_images(images=[image])
    return image


def keep(*, image: Image) -> Image:
    """Have one picture among those to train with."""
    keep_images(images=[image])
    return image


def delete_image(*, image: Image) -> None:
    """Delete one picture, with its files."""
    delete_images(images=[image])


def standing(images: Sequence[Image]) -> Standing:
    """How pictures stand now, as JSON."""
    alike = defaultdict(list)
    for image in images:
        alike[tuple(getattr(image, column) for column in STANDING)].append(image.id.hex)
    return [[str(label), *rest, ids] for (label, *rest), ids in alike.items()]


@again
def restore(*, images: Sequence[Image], before: Standing) -> None:
    """Put pictures back to where they stood; those of a label that was deleted meanwhile stay where they are."""
    there = {image.id.hex: image for image in images}
    labels = {str(label.id): label.project_id for label in Label.objects.filter(id__in={line[0] for line in before})}
    with transaction.atomic():
        for label, status, reason, is_reviewed, ids in before:
            back = [there[one] for one in ids if one in there and there[one].project_id == labels.get(label)]
            _update(back, label_id=label, status=status, aside_reason=reason, is_reviewed=is_reviewed)
        changed.send(Image, projects={image.project_id: 0 for image in images})


@again
def _change(images: Sequence[Image], **values) -> None:
    with transaction.atomic():
        _update(images, is_reviewed=True, **values)
        changed.send(Image, projects={image.project_id: 0 for image in images})


def _update(images: Sequence[Image], **values) -> None:
    """Write columns of many pictures by a few statements, and of the objects in hand."""
    for some in chunks(images):
        Image.objects.filter(id__in=[image.id for image in some]).update(**values)
    for image in images:
        for name, value in values.items():
            setattr(image, name, value)


def chunks(rows: Sequence) -> Iterator[Sequence]:
    """The rows, or their ids, in pieces that one statement can name."""
    for start in range(0, len(rows), CHUNK):
        yield rows[start : start + CHUNK]
