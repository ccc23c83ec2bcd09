"""From the folder that a training left to the published model of a project: files first, then everything in the database at once."""

import uuid
from pathlib import Path

from django.db import transaction

from trainer.bundle import Bundle, read_bundle
from webapp.core import jobs, store
from webapp.serving.models import Model
from webapp.training import record
from webapp.training.models import Run


def publish(run: Run, bundle: Path, result: dict) -> Model:
    """Make the model of a claimed run, publish it in place of the one before, and end the run as ready: all or nothing.

    May be repeated after a kill at any moment. Raises LeaseLost, Cancelled, and trainer.bundle.BundleError when the folder is not whole.
    """
    facts = read_bundle(bundle)
    model = model_of(run, facts, result)
    model.files = copy(bundle, model.folder)
    jobs.patiently(lambda: insert(run, model, result))
    discard_earlier(run)
    return model


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
        published=True,
    )


def model_id(run: Run, fence: int) -> uuid.UUID:
    """The id that a claim of a run gives its model: two workers that both believe the run is theirs never write into one folder."""
    return uuid.uuid5(run.id, str(fence))


def copy(bundle: Path, folder: str) -> list[str]:
    """Put the files of a bundle into the store; gives their names relative to the folder."""
    names = sorted(str(file.relative_to(bundle)) for file in bundle.rglob("*") if file.is_file())
    store.put_many([(f"{folder}/{name}", (bundle / name).read_bytes()) for name in names])
    return names


def insert(run: Run, model: Model, result: dict) -> None:
    with transaction.atomic():
        record.ready(run, result)  # first: it holds the row of the run, so that nobody else gets past this line
        Model.everything.filter(project_id=run.project_id, published=True).update(published=None)
        model.save(force_insert=True)


def discard_earlier(run: Run) -> None:
    """Delete the files of earlier claims of this run, which were killed after they copied and before they published."""
    for fence in range(1, run.fence):
        store.delete_folder(Model(id=model_id(run, fence), project_id=run.project_id).folder)
