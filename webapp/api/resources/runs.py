from typing import Annotated, Literal
from uuid import UUID

from django.db.models import F, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import Query, Router, Status
from pydantic import Field, FiniteFloat, StrictBool, create_model

from trainer.config import describe
from webapp.accounts.models import User
from webapp.api.answers import address, polled, stamp
from webapp.api.paging import PageOf, page
from webapp.api.resources.queue import placed
from webapp.api.resources.run_shapes import EpochPage, EvaluationOut, RunOut, RunPage
from webapp.api.resources.shapes import Input
from webapp.core.errors import UserError
from webapp.core.prepared import EXAMPLE_IDS, Prepared
from webapp.projects.models import Project
from webapp.projects.rules import EDIT, VIEW, fetch, visible
from webapp.serving import removal
from webapp.training import history, services, words
from webapp.training.models import Run
from webapp.training.queue import place_of

router = Router(tags=["Runs"])

EPOCH = ("epoch", "train_loss", "train_accuracy", "val_loss", "val_accuracy", "learning_rate", "seconds")
EvenInUse = Annotated[bool, Query(description="Also when the project's published model goes with it.")]
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


class RunChange(Input):
    name: str | None = Field(None, description="At most 100 characters; empty: it is called by its number.")
    starred: StrictBool | None = None  # 0 and "no" are typing mistakes


def complete(runs: QuerySet[Run]) -> QuerySet[Run]:
    """Runs with all that `shown` needs, in one query and without their big columns."""
    return runs.defer(*Run.BIG).annotate(model_id=F("model__id"))


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
        "taken_down": run.taken_down,
        "best": run.best,
        "created": stamp(run.created),
        "started": stamp(run.started),
        "finished": stamp(run.finished),
        "seconds": run.seconds,
        "worker": run.worker,
        "error": run.error,
        "model_id": str(run.model_id) if run.model_id else None,
        "advice": run.advice and {"preset": run.advice["preset"], "epochs": run.advice["epochs"], "reason": words.reason(run.advice)},
        "estimate_seconds": run.estimate_seconds,
        "name": run.name,
        "starred": run.is_starred,
        "again_of": str(run.again_of_id) if run.again_of_id else None,
        "device": run.device,
        "versions": run.versions,
        **placed(place_of(run)),
    }


# Run pages ask for these once or twice a second each.
polled_run = Prepared(lambda user_id, run_id: visible(User(id=user_id), complete(Run.objects.all())).filter(id=run_id), *EXAMPLE_IDS)
polled_id = Prepared(lambda user_id, run_id: visible(User(id=user_id), Run.objects.only("project")).filter(id=run_id), *EXAMPLE_IDS)


def one(user: User, run_id: UUID, query: Prepared = polled_run) -> Run:
    """A run as the gate shows it to a person who is known and active; raises Http404."""
    run = query.first(user.id, run_id)
    if run is None or user.only_project not in (None, run.project_id):  # a key sees its own project
        raise Http404
    return run


@router.post("/projects/{uuid:project_id}/runs", response={202: RunOut})
def create_run(request: HttpRequest, project_id: UUID, response: HttpResponse, payload: NewRun = None):
    """Train. A project trains one run at a time: while one is live, it is the answer. Poll it."""
    project = fetch(request.auth, Project, project_id, EDIT)
    settings = payload.model_dump(exclude_unset=True) if payload else {}
    run, _created = services.start(project=project, preset=settings.pop("preset", "auto"), settings=settings, user=request.auth)
    response["Location"] = address("get_run", run.id, "run_id")
    return Status(202, shown(one(request.auth, run.id)))


@router.get("/projects/{uuid:project_id}/runs", response=RunPage)
def list_runs(request: HttpRequest, project_id: UUID, paging: PageOf):
    """The runs of a project, newest first."""
    project = fetch(request.auth, Project, project_id, VIEW)
    return page(complete(project.runs.all()), paging, shown, newest_first=True)


@router.get("/runs/{uuid:run_id}", response=RunOut)
def get_run(request: HttpRequest, run_id: UUID):
    return polled(request, shown(one(request.auth, run_id)))


@router.get("/runs/{uuid:run_id}/epochs", response=EpochPage)
def list_epochs(request: HttpRequest, run_id: UUID, after: AfterEpoch = 0):
    """The epochs of a run that came after one; all that there are, there is no next page."""
    run = one(request.auth, run_id, polled_id)
    return polled(request, {"items": list(run.epoch_rows.filter(epoch__gt=after).order_by("epoch").values(*EPOCH)), "next": None})


@router.get("/runs/{uuid:run_id}/evaluation", response=EvaluationOut)
def get_evaluation(request: HttpRequest, run_id: UUID):
    run = fetch(request.auth, Run.objects.defer("snapshot", "answers", "log"), run_id)
    if run.evaluation is None:
        raise UserError(_("This run has not been evaluated. Wait until it is ready."), code="not_evaluated", status=409)
    return polled(request, run.evaluation)


@router.patch("/runs/{uuid:run_id}", response=RunOut)
def change_run(request: HttpRequest, run_id: UUID, payload: RunChange):
    """Name a run, or give it a star or take it away."""
    run = fetch(request.auth, Run.objects.defer(*Run.BIG), run_id, EDIT)
    if payload.name is not None:
        history.rename(run=run, name=payload.name)
    if payload.starred is not None:
        history.star(run=run, starred=payload.starred)
    return shown(one(request.auth, run_id))


@router.delete("/runs/{uuid:run_id}", response={204: None})
def delete_run(request: HttpRequest, run_id: UUID, even_in_use: EvenInUse = False):
    """Delete a run that has ended, with its model. Within an hour it can be brought back; where its model is in use, say that you know."""
    run = fetch(request.auth, Run.objects.defer(*Run.BIG), run_id, EDIT)
    if not even_in_use and removal.in_use(run):
        message = _("The model of this run is the one that answers. Repeat with ?even_in_use=true: then the newest other model answers, if there is one.")
        raise UserError(message, code="model_in_use", status=409)
    removal.remove(run=run)
    return Status(204, None)


@router.post("/runs/{uuid:run_id}/cancel", response=RunOut)
def cancel_run(request: HttpRequest, run_id: UUID):
    """Stop a run; one that has ended already stays as it is, and one that waits ends at once."""
    services.cancel(run=fetch(request.auth, Run.objects.defer(*Run.BIG), run_id, EDIT))
    return shown(one(request.auth, run_id))
