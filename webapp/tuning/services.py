"""Having a model measured, stopping that, and putting what was measured in use. Who may do it was asked before, in `projects.rules`."""

import json
import math
import uuid

from django.db import transaction
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from trainer.bundle import BundleError, read_network
from webapp.accounts.models import User
from webapp.core import jobs, store
from webapp.core.errors import UserError
from webapp.core.limits import spend
from webapp.projects.services import lock
from webapp.serving import golden, variants
from webapp.serving.models import Model, Publication, Variant
from webapp.tuning import choosing
from webapp.tuning.models import Measurement, Tuning

LEAST_MS, MOST_MS = 0.1, 60_000.0


def start(*, model: Model, target_ms: float | None = None, anew: bool = False, language: str | None = None) -> Tuning:
    """Ask for a model to be measured; while one is at work on it, that is the answer, for the new limit.

    anew: measure also what an earlier tuning measured on the same machine. language: for sentences of the worker; that of the request if none is given.
    Raises UserError: no such limit, or too often.
    """
    check_target(target_ms)
    with transaction.atomic():
        lock(model.project_id)  # two presses at once
        live = Tuning.objects.filter(model=model, status__in=Tuning.LIVE, cancel_requested=False).first()
        if live:
            if target_ms is not None:
                Tuning.objects.filter(id=live.id).update(target_ms=target_ms)
                live.target_ms = target_ms
            return live
        spend("tune", model.project_id)
        return Tuning.objects.create(project_id=model.project_id, model=model, target_ms=target_ms, anew=anew, language=(get_language() or "") if language is None else language)


def check_target(target_ms: float | None) -> None:
    if target_ms is not None and not (math.isfinite(target_ms) and LEAST_MS <= target_ms <= MOST_MS):
        raise UserError(_("Choose a time between 0.1 and 60,000 milliseconds."), code="target_ms", field="target_ms")


def cancel(*, tuning: Tuning) -> None:
    """Stop a tuning; what it has measured stays. One that has ended stays as it is."""
    jobs.request_cancel(tuning)


def use(*, measurement: Measurement, by: User) -> Publication | None:
    """Have a model answer from now on as it was packed for a row; None when it does already.

    Its publication can be taken back (`serving.switching.take_back`). Raises UserError: such a row may not answer, or its files are gone or damaged;
    then nothing changes.
    """
    if measurement.status != Measurement.MEASURED or measurement.engine not in choosing.SERVED:
        raise UserError(_("This way was measured for comparison and cannot answer for an AI. Choose one of ONNX Runtime or OpenVINO."), code="not_served", status=409)
    if choosing.is_original(measurement):
        return variants.put_in_use(model=measurement.tuning.model, variant=None, by=by)
    if not measurement.files:
        raise UserError(_("The files of this way are not kept: another one is as fast and better. Choose one on the line of the best, or measure again."), code="not_kept", status=409)
    return put_in_use(measurement, by)


def put_in_use(measurement: Measurement, by: User) -> Publication | None:
    """Make the variant of a row, unless it is there from an earlier time, and have it answer."""
    variant = there(measurement) or made(measurement)
    try:
        return variants.put_in_use(model=measurement.tuning.model, variant=variant, by=by)
    except BaseException:
        variants.discard(variant)  # does nothing where it is needed
        raise


def there(measurement: Measurement) -> Variant | None:
    """The variant that was made of the very files of a row before; what is lost or damaged of its files is written again."""
    about = facts(measurement)
    way = {name: getattr(measurement, name) for name in ("engine", "precision", "input_size", "threads")}
    variant = Variant.objects.filter(model=measurement.tuning.model_id, sha256=about["sha256"], **way).first()
    if variant and not is_whole(variant):
        filled(variant, measurement)
    return variant


def is_whole(variant: Variant) -> bool:
    """Whether all files of a variant are there, its network as its bundle.json says."""
    try:
        files = [store.local_path(f"{variant.folder}/{name}") for name in variant.files]
        read_network(next(file for file in files if file.name == "bundle.json").parent)
    except (BundleError, OSError, StopIteration):
        return False
    return all(file.is_file() for file in files)


def made(measurement: Measurement) -> Variant:
    """A variant with files of its own. Two presses at once make the same one."""
    about, model = facts(measurement), measurement.tuning.model
    variant = Variant(
        id=uuid.uuid5(model.id, f"{measurement.id} {about['sha256']}"), model=model, sha256=about["sha256"],
        **{name: getattr(measurement, name) for name in ("engine", "precision", "input_size", "threads", "accuracy", "changed", "p50_ms", "size_bytes")},
    )
    filled(variant, measurement)
    return variant


def filled(variant: Variant, measurement: Measurement) -> None:
    """Copy the files of a row for a variant, completed by the model's golden pictures; files first, then the row.

    From the look at the golden pictures until the row is there the project is locked: a take-down comes before, and they are left out, or after, and finds the row.
    """
    model = measurement.tuning.model
    network = {relative(name): content(measurement, name) for name in measurement.files}
    store.put_many([(f"{variant.folder}/{name}", data) for name, data in network.items()])
    with transaction.atomic():
        lock(model.project_id)
        model.refresh_from_db(fields=["files"])
        pictures = golden_of(measurement)
        store.put_many([(f"{variant.folder}/{name}", data) for name, data in pictures.items()])
        variant.files = sorted(network | pictures)
        Variant.objects.bulk_create([variant], ignore_conflicts=True)
        Variant.objects.filter(id=variant.id).update(files=variant.files)


def golden_of(measurement: Measurement) -> dict[str, bytes]:
    """The model's golden pictures that are still there, with what this way of packing answers to them. A row itself keeps no picture."""
    listed = next((name for name in measurement.files if relative(name) == golden.LIST), None)
    if listed is None:
        return {}
    model, kept, pictures = measurement.tuning.model, [], {}
    for entry in json.loads(content(measurement, listed)):
        name = f"golden/{entry['file']}"
        if name in model.files and store.exists(f"{model.folder}/{name}"):
            pictures[name] = store.get(f"{model.folder}/{name}")
            kept.append(entry)
    return pictures | {golden.LIST: golden.packed(kept)}


def facts(measurement: Measurement) -> dict:
    """What the bundle.json of a row says; raises UserError when it is gone."""
    name = next((name for name in measurement.files if relative(name) == "bundle.json"), "")
    return json.loads(content(measurement, name))


def content(measurement: Measurement, name: str) -> bytes:
    """A file of a row; raises UserError when it is gone."""
    try:
        return store.get(f"{measurement.folder}/{name}")
    except FileNotFoundError as error:
        raise UserError(_("The files of this way are gone. Measure the model again, then choose it."), code="not_kept", status=409) from error


def relative(name: str) -> str:
    """The name of a file in its bundle: each claim of a tuning keeps its files in a folder of its own, named by its fence."""
    return name.partition("/")[2]
