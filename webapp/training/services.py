"""Starting and stopping runs."""

from pathlib import Path

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils.translation import get_language

from trainer.config import ConfigError, TrainConfig, resolve
from webapp.core import jobs
from webapp.core.errors import UserError
from webapp.core.limits import spend
from webapp.images.models import Image
from webapp.projects.models import Project
from webapp.training.checks import left_out, missing
from webapp.training.models import Run
from webapp.training.snapshot import VAL, snapshot

__all__ = ["cancel", "left_out", "missing", "start"]


def start(*, project: Project, preset: str = "auto", settings: dict | None = None) -> tuple[Run, bool]:
    """Start a run, or give the one that is live already: (run, whether it was made now). Raises UserError when something is missing or wrong."""
    if live := live_run(project):
        return live, False
    config = configuration(project, preset, settings or {})
    if problem := missing(project):
        raise problem
    try:
        with transaction.atomic():
            run = create(project, config)
            spend("train", project.owner_id)  # only for the press that made a run
            return run, True
    except IntegrityError:
        # The database lets a project have one live run: somebody was faster. Had that one ended by now, this press made a run that ended.
        return live_run(project) or project.runs.first(), False


def cancel(*, run: Run) -> Run:
    """Stop a run, whatever it is doing, and give it as it is now; one that has ended already stays as it ended."""
    jobs.request_cancel(run)
    run.refresh_from_db()
    return run


def live_run(project: Project) -> Run | None:
    """The run of a project that is queued or running."""
    return Run.objects.filter(project=project, active=True).first()


def configuration(project: Project, preset: str, settings: dict) -> TrainConfig:
    """The checked settings of a run; raises UserError that names the field."""
    images = Image.objects.filter(project=project, status=Image.READY).count()
    try:
        return TrainConfig.from_dict({**settings, "preset": resolve(preset, images, has_gpu())})
    except ConfigError as error:
        raise UserError(str(error), code="invalid_setting", field=error.field) from error


def has_gpu() -> bool:
    """Whether this machine has an NVIDIA GPU; asked of the kernel, because asking torch would load it."""
    return Path("/dev/nvidiactl").exists()


def create(project: Project, config: TrainConfig) -> Run:
    """Insert the queued run with its pictures; raises IntegrityError when another run of the project is live."""
    rows = snapshot(project, config.seed)
    tested = sum(part == VAL for _image, _label, part in rows)
    return Run.objects.create(
        project=project,
        number=(project.runs.aggregate(last=Max("number"))["last"] or 0) + 1,
        preset=config.preset,
        config=config.to_dict(),
        epochs=config.epochs,
        train_images=len(rows) - tested,
        val_images=tested,
        snapshot=rows,
        language=get_language() or "",
    )
