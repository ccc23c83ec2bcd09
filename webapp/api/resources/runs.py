from typing import Annotated, Literal
from uuid import UUID

from django.db.models import F, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import Query, Router, Status
from pydantic import Field, FiniteFloat, create_model

from trainer.config import describe
from webapp.api.answers import address, polled, stamp
from webapp.api.paging import PageOf, page
from webapp.api.resources.shapes import EpochPage, EvaluationOut, Input, RunOut, RunPage
from webapp.core.errors import UserError
from webapp.projects.models import Project
from webapp.projects.rules import EDIT, VIEW, fetch
from webapp.training import services
from webapp.training.models import Run

router = Router(tags=["Runs"])

EPOCH = ("epoch", "train_loss", "train_accuracy", "val_loss", "val_accuracy", "learning_rate", "seconds")
AfterEpoch = Annotated[int, Query(ge=0, le=1_000_000, description="Only the epochs after this one.")]


def option(about: dict) -> tuple:
    """A knob of TrainConfig as a field of the request, with its bounds."""
    text = about["help"]
    if about["kind"] == "choice":
        return Literal[about["choices"]], Field(default_factory=str, description=text)
    if about["kind"] == "pattern":
        return str, Field(default_factory=str, max_length=100, pattern=f"^({about['pattern']})$", description=text)
    number = int if about["kind"] == "whole" else FiniteFloat
    kind = number | None if about.get("empty") else number
    return kind, Field(default_factory=int, ge=about["low"], le=about["high"], description=text)


OPTIONS = {about["name"]: option(about) for about in describe() if about["name"] != "preset"}
Preset = Literal["auto", "quick", "balanced", "accurate"]
NewRun = create_model("NewRun", __base__=Input, preset=(Preset, "auto"), **OPTIONS)


def complete(runs: QuerySet[Run]) -> QuerySet[Run]:
    """Runs with all that `shown` needs, in one query and without their big columns."""
    return runs.defer("snapshot", "evaluation").annotate(model_id=F("model__id"))


def shown(run: Run) -> dict:
    return {
        "id": str(run.id),
        "project_id": str(run.project_id),
        "number": run.number,
        "status": run.status,
        "stage": run.stage,
        "preset": run.preset,
        "config": run.config,
        "epoch": run.epoch,
        "epochs": run.epochs,
        "eta_seconds": run.eta_seconds,
        "images": {"train": run.train_images, "val": run.val_images},
        "best": run.best,
        "created": stamp(run.created),
        "started": stamp(run.started),
        "finished": stamp(run.finished),
        "seconds": run.seconds,
        "worker": run.worker,
        "error": run.error,
        "model_id": str(run.model_id) if run.model_id else None,
    }


def one(user, run_id: UUID) -> dict:
    return shown(fetch(user, complete(Run.objects.all()), run_id))


@router.post("/projects/{uuid:project_id}/runs", response={202: RunOut})
def create_run(request: HttpRequest, project_id: UUID, response: HttpResponse, payload: NewRun = None):
    """Train. A project trains one run at a time: while one is live, it is the answer. Poll it."""
    project = fetch(request.auth, Project, project_id, EDIT)
    settings = payload.model_dump(exclude_unset=True) if payload else {}
    run, _created = services.start(project=project, preset=settings.pop("preset", "auto"), settings=settings)
    response["Location"] = address("get_run", run.id, "run_id")
    return Status(202, one(request.auth, run.id))


@router.get("/projects/{uuid:project_id}/runs", response=RunPage)
def list_runs(request: HttpRequest, project_id: UUID, paging: PageOf):
    """The runs of a project, newest first."""
    project = fetch(request.auth, Project, project_id, VIEW)
    return page(complete(project.runs.all()), paging, shown, newest_first=True)


@router.get("/runs/{uuid:run_id}", response=RunOut)
def get_run(request: HttpRequest, run_id: UUID):
    return polled(request, one(request.auth, run_id))


@router.get("/runs/{uuid:run_id}/epochs", response=EpochPage)
def list_epochs(request: HttpRequest, run_id: UUID, after: AfterEpoch = 0):
    """The epochs of a run that came after one; all that there are, there is no next page."""
    run = fetch(request.auth, Run.objects.only("id"), run_id)
    return polled(request, {"items": list(run.epoch_rows.filter(epoch__gt=after).order_by("epoch").values(*EPOCH)), "next": None})


@router.get("/runs/{uuid:run_id}/evaluation", response=EvaluationOut)
def get_evaluation(request: HttpRequest, run_id: UUID):
    run = fetch(request.auth, Run.objects.defer("snapshot"), run_id)
    if run.evaluation is None:
        raise UserError(_("This run has not been evaluated. Wait until it is ready."), code="not_evaluated", status=409)
    return polled(request, run.evaluation)


@router.post("/runs/{uuid:run_id}/cancel", response=RunOut)
def cancel_run(request: HttpRequest, run_id: UUID):
    """Stop a run; one that has ended already stays as it is, and one that waits ends at once."""
    services.cancel(run=fetch(request.auth, Run, run_id, EDIT))
    return one(request.auth, run_id)
