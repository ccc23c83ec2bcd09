"""The speed lab: have a model measured in other engines, number formats and sizes, and put one of them in use."""

from uuid import UUID

from django.db.models import Prefetch, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import Router, Schema, Status
from pydantic import Field, StrictBool

from webapp.api.answers import address, failure, polled, stamp
from webapp.api.paging import PageOf, page
from webapp.api.resources.models import rows as model_rows
from webapp.api.resources.models import shown as model_shown
from webapp.api.resources.shapes import Input, JobStatus, ModelOut
from webapp.core.errors import UserError
from webapp.projects.rules import EDIT, fetch
from webapp.serving import variants
from webapp.serving.models import Model
from webapp.tuning import choosing, services
from webapp.tuning.models import Measurement, Tuning

router = Router(tags=["Models and answers"])


class NewTuning(Input):
    target_ms: float | None = Field(None, ge=services.LEAST_MS, le=services.MOST_MS, description="How soon an answer is wanted: `chosen` is the most accurate that is so fast.")
    anew: StrictBool = Field(False, description="Measure also what was measured before on the same machine.")


class Use(Input):
    row_id: int | None = Field(None, ge=1, le=2**63 - 1, description="`id` of the row to put in use; the one in `chosen` without it.")


class TuningRow(Schema):
    id: int
    engine: str
    precision: str
    input_size: int
    threads: int
    status: str = Field(description="measured, or refused for the `reason`.")
    reason: str
    p50_ms: float | None = Field(description="From the decoded picture to the answer, the middle of many.")
    p95_ms: float | None
    per_second: float | None
    accuracy: float | None = Field(description="Of the unseen pictures that it was asked about.")
    changed: int = Field(description="How many of these it answers otherwise than the model as it was trained.")
    pictures: int
    size_bytes: int | None
    memory_bytes: int | None
    on_best_line: bool = Field(description="Nothing else is as fast and more accurate.")
    usable: bool = Field(description="Whether it can be put in use now.")
    in_use: bool


class Choice(TuningRow):
    given_up: list[str] = Field(description="What it gives up against the model as it was trained, as sentences.")


class TuningOut(Schema):
    id: UUID
    project_id: UUID
    model_id: UUID
    status: JobStatus
    target_ms: float | None
    total: int
    processed: int
    machine: dict
    rows: list[TuningRow]
    chosen: Choice | None = Field(description="The most accurate that is fast enough; without `target_ms`, the fastest that names at most one picture in a hundred fewer right. null while there is none.")
    error: str | None
    created: str


class TuningPage(Schema):
    items: list[TuningOut]
    next: str | None


def row_shown(row: Measurement, model: Model, front: set[int]) -> dict:
    plain = ("id", "engine", "precision", "input_size", "threads", "status", "reason", "p50_ms", "p95_ms", "per_second", "accuracy", "changed", "pictures", "size_bytes", "memory_bytes")
    told = {"on_best_line": row.id in front, "usable": choosing.may_be_used(row), "in_use": bool(model.published) and choosing.is_used(row, model)}
    return {name: getattr(row, name) for name in plain} | told


def shown(tuning: Tuning) -> dict:
    rows, model = list(tuning.rows.all()), tuning.model
    front = {row.id for row in choosing.front(rows)}
    best = choosing.chosen(rows, tuning.target_ms)
    choice = best and row_shown(best, model, front) | {"given_up": choosing.given_up(best, choosing.baseline(rows))}
    return {
        "id": str(tuning.id),
        "project_id": str(tuning.project_id),
        "model_id": str(tuning.model_id),
        "status": tuning.status,
        "target_ms": tuning.target_ms,
        "total": tuning.total,
        "processed": tuning.processed,
        "machine": tuning.machine,
        "rows": [row_shown(row, model, front) for row in rows],
        "chosen": choice,
        "error": failure(tuning.error),
        "created": stamp(tuning.created),
    }


def tunings() -> QuerySet[Tuning]:
    """Those of models that nobody has deleted."""
    return Tuning.objects.filter(model__run__removed=None).prefetch_related(Prefetch("model", Model.objects.select_related("variant")), "rows")


@router.post("/models/{uuid:model_id}/tunings", response={202: TuningOut})
def create_tuning(request: HttpRequest, model_id: UUID, response: HttpResponse, payload: NewTuning = None):
    """Measure a model in every engine, number format and size that the machine of a worker offers. While that goes on, it is the answer. Poll it."""
    model = fetch(request.auth, Model, model_id, EDIT)
    wanted = payload or NewTuning()
    tuning = services.start(model=model, target_ms=wanted.target_ms, anew=wanted.anew)
    response["Location"] = address("get_tuning", tuning.id, "tuning_id")
    return Status(202, shown(tunings().get(id=tuning.id)))


@router.get("/models/{uuid:model_id}/tunings", response=TuningPage)
def list_tunings(request: HttpRequest, model_id: UUID, paging: PageOf):
    """The tunings of a model, newest first."""
    model = fetch(request.auth, Model, model_id)
    return page(tunings().filter(model=model), paging, shown, newest_first=True)


@router.get("/tunings/{uuid:tuning_id}", response=TuningOut)
def get_tuning(request: HttpRequest, tuning_id: UUID):
    return polled(request, shown(fetch(request.auth, tunings(), tuning_id)))


@router.post("/tunings/{uuid:tuning_id}/cancel", response=TuningOut)
def cancel_tuning(request: HttpRequest, tuning_id: UUID):
    """Stop measuring; what was measured stays, and the next tuning goes on from there. One that has ended stays as it is."""
    services.cancel(tuning=fetch(request.auth, tunings(), tuning_id, EDIT))
    return shown(tunings().get(id=tuning_id))


@router.post("/tunings/{uuid:tuning_id}/use", response=ModelOut)
def use_tuning(request: HttpRequest, tuning_id: UUID, payload: Use = None):
    """Have the model answer for its project as it was packed for a row of the tuning. `DELETE /models/{id}/variant` goes back."""
    tuning = fetch(request.auth, tunings(), tuning_id, EDIT)
    services.use(measurement=row_of(tuning, payload.row_id if payload else None), by=request.auth)
    return model_shown(model_rows().get(id=tuning.model_id))


@router.delete("/models/{uuid:model_id}/variant", response=ModelOut)
def discard_variant(request: HttpRequest, model_id: UUID):
    """Have a model answer as it was trained again; one that does stays as it is."""
    variants.as_trained(model=fetch(request.auth, Model, model_id, EDIT), by=request.auth)
    return model_shown(model_rows().get(id=model_id))


def row_of(tuning: Tuning, row_id: int | None) -> Measurement:
    """The row that is meant; raises Http404, and UserError when none is fast enough."""
    rows = list(tuning.rows.all())
    if row_id is None:
        found = choosing.chosen(rows, tuning.target_ms)
        if found is None:
            raise UserError(_("Nothing that was measured is so fast. Choose a longer time, or name a row."), code="nothing_fits", status=409)
        return found
    found = next((row for row in rows if row.id == row_id), None)
    if found is None:
        raise Http404
    return found
