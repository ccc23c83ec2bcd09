"""Pictures that an owner lets everybody see: some that the model was tested on, and has not learned from."""

from collections import defaultdict
from functools import lru_cache
from itertools import zip_longest
from uuid import UUID

from django.utils.translation import gettext as _

from webapp.core.errors import UserError
from webapp.images.licenses import UNKNOWN, group_of
from webapp.images.models import Image
from webapp.serving.models import Model
from webapp.sharing.models import Sharing
from webapp.training.models import Run

SHOWN = 8
CANDIDATES = 60  # more than are shown: some may be gone, moved, or of an unknown licence


def shown(sharing: Sharing, model: Model) -> list[Image]:
    """The examples of a play page, of every label in turn; none unless the owner wants them."""
    return allowed(sharing, model)[:SHOWN]


def credits(images: list[Image]) -> list[str]:
    """What the licences of these pictures want to be said."""
    return [image.attribution for image in images if image.attribution]


def one(sharing: Sharing, model: Model | None, image_id: UUID | None) -> Image:
    """One of the examples; raises UserError 404 for every other picture."""
    found = next((image for image in (shown(sharing, model) if model else []) if image.id == image_id), None)
    if found is None:
        raise gone()
    return found


def gone() -> UserError:
    return UserError(_("This example is not shown any more. Reload the page."), code="not_found", status=404)


def allowed(sharing: Sharing, model: Model) -> list[Image]:
    """What may be shown: still there, under the label that it was tested with, and of a known licence."""
    if not sharing.shows_examples:
        return []
    labels = dict(candidates(model.run_id))
    there = Image.objects.filter(id__in=labels, project=model.project_id, status=Image.READY).select_related("label")
    fit = {image.id: image for image in there if image.label.name == labels[image.id] and group_of(image.source, image.license) != UNKNOWN}
    return [fit[image_id] for image_id in labels if image_id in fit]


@lru_cache(maxsize=64)
def candidates(run_id: UUID) -> tuple[tuple[UUID, str], ...]:
    """(picture, label) of some pictures that a run was tested with, the labels in turn. What a run was tested with never changes."""
    answers = Run.everything.filter(id=run_id).values_list("answers", flat=True).first() or []
    by_label = defaultdict(list)
    for image_id, actual, *_said in answers:
        by_label[actual].append((UUID(image_id), actual))
    turns = zip_longest(*by_label.values())
    return tuple(pair for turn in turns for pair in turn if pair)[:CANDIDATES]
