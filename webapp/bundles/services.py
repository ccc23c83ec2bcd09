"""Asking for models to take away, and letting their ZIPs go. Who may do it was asked before, in `projects.rules`."""

import hashlib
import json
from collections.abc import Iterable
from functools import partial

from django.db import transaction
from django.db.models import Q
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from webapp.bundles import licences, travelling
from webapp.bundles.formats.base import EDITION, Format
from webapp.bundles.models import Packing
from webapp.bundles.offered import formats
from webapp.core import store
from webapp.core.errors import UserError
from webapp.core.limits import spend
from webapp.serving.models import Model, Variant

MOST_BYTES, MOST_PICTURES = 30_000_000, 5_000  # of a network and of a run, whose ZIP is made while somebody waits for the page


def format_of(key: str) -> Format:
    """The format of a key; raises UserError."""
    found = formats().get(key)
    if found is None:
        message = _("There is no format called %(key)s. There are: %(keys)s.") % {"key": key[:40], "keys": ", ".join(formats())}
        raise UserError(message, code="unknown_format", field="format", status=422)
    return found


def source(model: Model, wanted: Format) -> Model | Variant:
    """What a ZIP of a format is made from: what answers in the model's stead where it is packed just so already, else the model as it was trained."""
    there = model.variant
    return there if there and there.engine == wanted.engine and there.precision in wanted.taken else model


def seal(model: Model, wanted: Format) -> str:
    """64 hexadecimal digits, others as soon as a ZIP that is made now would hold something else."""
    return seal_of(model, wanted, told(model))


def seal_of(model: Model, wanted: Format, said: list) -> str:
    """The same for whoever knows already what is `told` of the model."""
    facts = [EDITION, wanted.key, source(model, wanted).sha256, answers_otherwise(model, wanted), said, *([get_language()] if wanted.speaks else [])]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()


def told(model: Model) -> list:
    """What the ZIPs of a model in any format depend on: its names, how readily it refuses, and its pictures with their credits. Two queries."""
    travel = [[image.sha256, licences.credit(image)] for image in travelling.of_model(model)]
    return [model.project.name, model.run.name or model.run.number, model.keep, sorted(model.files), model.run.taken_down, travel, licences.tally(model)]


def answers_otherwise(model: Model, wanted: Format) -> str:
    """What answers on the page where a ZIP of a format is made of the model as it was trained, such as "openvino int8"; nothing where the ZIP is of what answers."""
    there = model.variant
    return "" if there is None or source(model, wanted) is there else f"{there.engine} {there.precision}"


def needs_worker(model: Model, wanted: Format) -> bool:
    """Whether making a ZIP takes longer than an answer may: the network is changed or large, or many pictures have to be looked through."""
    count = model.run.train_images + model.run.val_images
    return wanted.by_worker or source(model, wanted).size_bytes > MOST_BYTES or count > MOST_PICTURES


def current(model: Model) -> dict[str, Packing]:
    """The newest packing of each format that is not out of date, by its key."""
    said = told(model)
    seals = {seal_of(model, one, said): key for key, one in formats().items()}
    rows = Packing.objects.filter(model=model, seal__in=seals).order_by("created", "id")
    for row in rows:
        row.model = model
    return {row.format: row for row in rows}


def start(*, model: Model, key: str) -> Packing:
    """Ask for the ZIP of a model in a format; the one that is made or being made already when it would be the same.

    Raises UserError: a format that there is not, or too often.
    """
    wanted = format_of(key)
    there = current(model).get(key)
    if there and not there.cancel_requested and (there.is_live or is_ready(there)):
        return there
    spend("bundle", model.project_id)
    return Packing.objects.create(model=model, format=key, seal=seal(model, wanted), language=get_language() or "")


def is_ready(packing: Packing) -> bool:
    """Whether its ZIP can be fetched."""
    return packing.status == Packing.DONE and store.exists(packing.file_name)


def discard(packings: Iterable[Packing]) -> None:
    """Delete packings; their ZIPs go when the database has agreed."""
    packings = list(packings)
    names = [packing.file_name for packing in packings if packing.fence]
    with transaction.atomic():
        Packing.objects.filter(id__in=[packing.id for packing in packings]).delete()
        transaction.on_commit(partial(delete_files, names), robust=True)


def delete_files(names: list[str]) -> None:
    for name in names:
        store.delete(name)


def discard_others(packing: Packing) -> None:
    """Let go of what a packing that is done takes the place of."""
    others = Packing.objects.filter(~Q(id=packing.id), model=packing.model_id, format=packing.format, created__lte=packing.created)
    discard(others.exclude(status__in=Packing.LIVE).select_related("model"))
