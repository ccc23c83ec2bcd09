"""Starting and stopping runs."""

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils.translation import get_language

from trainer.config import ConfigError
from trainer.devices import check_devices
from webapp.accounts.models import User
from webapp.core import jobs
from webapp.core.again import again
from webapp.core.errors import UserError
from webapp.core.limits import spend
from webapp.projects.models import Label, Project
from webapp.training import words
from webapp.training.advising import Plan, forecast, gpu_count, machine, plan, tested
from webapp.training.backbones import check_backbone
from webapp.training.checks import counted, left_out, missing
from webapp.training.models import Run

__all__ = ["cancel", "counted", "left_out", "missing", "start"]


def start(
    *, project: Project, preset: str = "auto", settings: dict | None = None, user: User | None = None, columns: dict | None = None
) -> tuple[Run, bool]:
    """Start a run for a person (else for the owner), or give the one that is live already: (run, whether it was made now).

    columns: more of a new row, or other values than usual. Raises UserError when something is missing or wrong. Not for the inside of a transaction:
    the hub may be asked, and nobody else could write until it has answered.
    """
    if live := live_run(project):
        return live, False
    labels = list(counted(project))
    planned = configuration(labels, preset, settings or {})
    if problem := missing(labels):
        raise problem
    check_backbone(planned.config.backbone)
    try:
        return create(project, labels, planned, user or project.owner, columns or {}), True
    except IntegrityError:
        # The database lets a project have one live run: somebody was faster. Had that one ended by now, this press made a run that ended.
        return live_run(project) or project.runs.defer(*Run.BIG).first(), False


def cancel(*, run: Run) -> Run:
    """Stop a run, whatever it is doing, and give it as it is now; one that has ended already stays as it ended."""
    jobs.request_cancel(run)
    run.refresh_from_db()
    return run


def live_run(project: Project) -> Run | None:
    """The run of a project that is queued or running."""
    return Run.objects.filter(project=project, active=True).defer(*Run.BIG).first()


def configuration(labels: list[Label], preset: str, settings: dict) -> Plan:
    """The checked settings of a run with these labels, `counted`, and how long it will take; raises UserError that names the field."""
    try:
        planned = plan(preset, settings, forecast(labels))
        check_devices(planned.config.devices, cores=machine().cores, gpus=gpu_count())
        return planned
    except ConfigError as error:
        raise UserError(words.refusal(error), code="invalid_setting", field=error.field) from error


@again
@transaction.atomic
def create(project: Project, labels: list[Label], planned: Plan, user: User, columns: dict) -> Run:
    """Insert the queued run, and count the press that made it; raises IntegrityError when another run of the project is live.

    The worker chooses its pictures: of 100,000 that takes seconds. Until then the numbers are what is usual.
    """
    counts, config = [label.image_count for label in labels], planned.config
    val = sum(tested(count) for count in counts)
    usual = {
        "number": (Run.everything.filter(project=project).aggregate(last=Max("number"))["last"] or 0) + 1,
        "preset": config.preset,
        "config": config.to_dict(),
        "epochs": config.epochs,
        "train_images": sum(counts) - val,
        "val_images": val,
        "language": get_language() or "",
        "started_by": user,
        "advice": planned.advice.to_dict() if planned.advice else None,
        "estimate_seconds": planned.seconds,
    }
    run = Run.objects.create(project=project, **(usual | columns))
    spend("train", project.owner_id)
    return run
