"""From the folder that a training left to a model of the project, in use where the project wants that: files first, then everything in the database at once."""

import uuid
from pathlib import Path

from django.db import transaction

from trainer.bundle import Bundle, read_bundle
from webapp.core import jobs, store
from webapp.projects.models import Project
from webapp.projects.services import lock
from webapp.serving import better, switching
from webapp.serving.better import Finding
from webapp.serving.models import Model, Publication
from webapp.training import record
from webapp.training.models import Run


class Overtaken(Exception):
    """Another model was put in use while this one was held against the one before."""


def publish(run: Run, bundle: Path, result: dict) -> Model:
    """Make the model of a claimed run, put it in use as the project wants (`Project.publishing`), and end the run as ready: all or nothing.

    May be repeated after a kill at any moment. Raises LeaseLost, Cancelled, and trainer.bundle.BundleError when the folder is not whole.
    """
    facts = read_bundle(bundle)
    model = model_of(run, facts, result)
    model.files = copy(bundle, model.folder)
    while not settled(run, model, result):
        continue
    discard_earlier(run)
    return model


def settled(run: Run, model: Model, result: dict) -> bool:
    """Decide whether the model is put in use, and write all rows; false when another one was put in use meanwhile, so that it must be decided anew."""
    in_use = switching.current(run.project_id)
    found = better.held_against(in_use, result["answers"]) if is_stopgap(run, in_use) else better.finding(run.project_id, in_use, result["answers"])
    try:
        jobs.patiently(lambda: insert(run, model, result, found, in_use))
        return True
    except Overtaken:
        return False


def is_stopgap(run: Run, in_use: Model | None) -> bool:
    """Whether a run that started by itself, because an answer was corrected, would take the place of a model that a person trained longer: it has to be better."""
    if in_use is None or run.preset != "quick" or not run.corrections.filter(began_run=True).exists():
        return False
    rule = Project.objects.values_list("publishing", flat=True).get(id=run.project_id)
    return rule == "always" and Run.everything.filter(id=in_use.run_id).exclude(preset="quick").exists()


def model_of(run: Run, facts: Bundle, result: dict) -> Model:
    """The row, not yet in the database."""
    return Model(
        id=model_id(run, run.fence),
        project_id=run.project_id,
        run=run,
        labels=facts.labels,
        accuracy=result["evaluation"]["accuracy"],
        size_bytes=facts.size_bytes,
        input_size=facts.input_size,
        engine=facts.engine,
        sha256=facts.sha256,
    )


def model_id(run: Run, fence: int) -> uuid.UUID:
    """The id that a claim of a run gives its model: two workers that both believe the run is theirs never write into one folder."""
    return uuid.uuid5(run.id, str(fence))


def copy(bundle: Path, folder: str) -> list[str]:
    """Put the files of a bundle into the store; gives their names relative to the folder."""
    names = sorted(str(file.relative_to(bundle)) for file in bundle.rglob("*") if file.is_file())
    store.put_many([(f"{folder}/{name}", (bundle / name).read_bytes()) for name in names])
    return names


def insert(run: Run, model: Model, result: dict, found: Finding, in_use: Model | None) -> None:
    """Write the end of a run, its model, and what answers from now on; raises Overtaken when that is not `in_use` any more."""
    with transaction.atomic():
        record.ready(run, result, found.line())  # first: it holds the row of the run, so that nobody else gets past this line
        lock(run.project_id)
        now = switching.current(run.project_id)
        if found.is_held and now != in_use:
            raise Overtaken()
        if found.used and now:
            Model.everything.filter(id=now.id).update(published=None)
        model.published, model.finding = found.used or None, found.as_json()
        model.save(force_insert=True)
        if found.used:
            switching.note(run.project_id, model, now, Publication.TRAINED)


def discard_earlier(run: Run) -> None:
    """Delete the files of earlier claims of this run, which were killed after they copied and before they published."""
    for fence in range(1, run.fence):
        store.delete_folder(Model(id=model_id(run, fence), project_id=run.project_id).folder)
