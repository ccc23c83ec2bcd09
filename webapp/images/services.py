"""What happens to single pictures. Who may do it was asked before, in `projects.rules`."""

from functools import partial

from django.db import transaction
from django.utils.translation import gettext as _

from webapp.core.errors import UserError
from webapp.images.models import Image
from webapp.projects.models import Label
from webapp.projects.services import delete_files


def move_image(*, image: Image, label: Label) -> Image:
    """Give a picture another label of its project; raises UserError for a label of another one."""
    if label.project_id != image.project_id:
        raise UserError(_("Choose a label of the same AI."), code="unknown_label", field="label")
    return _change(image, label=label)


def set_aside(*, image: Image) -> Image:
    """Leave a picture out of training, without deleting it."""
    return _change(image, status=Image.SET_ASIDE)


def keep(*, image: Image) -> Image:
    """Take a picture that was set aside back among those to train with."""
    return _change(image, status=Image.READY)


def _change(image: Image, **values) -> Image:
    for name, value in values.items():
        setattr(image, name, value)
    image.save(update_fields=list(values))
    return image


def delete_image(*, image: Image) -> None:
    """Delete a picture; its files go when the database has agreed."""
    project, gone = image.project, [Image(id=image.id, project_id=image.project_id, sha256=image.sha256)]
    with transaction.atomic():
        image.delete()
        transaction.on_commit(partial(delete_files, project, gone), robust=True)
