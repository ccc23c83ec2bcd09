"""What comes after a run: its numbers as a table, training like it again, and holding it against others. Changing and deleting stand in `runs.py`."""

from dataclasses import asdict
from typing import Annotated, Literal
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import Query, Router, Schema, Status

from webapp.api.answers import address
from webapp.api.resources.run_shapes import RunOut
from webapp.api.resources.runs import one, shown
from webapp.api.resources.shapes import Input
from webapp.core.errors import UserError
from webapp.projects.rules import EDIT, fetch
from webapp.serving import removal
from webapp.training import compare, history
from webapp.training.compare import FEWEST, MOST, Comparison, Pair, Setting
from webapp.training.compare_answers import Flip, Score
from webapp.training.models import Run

router = Router(tags=["Runs"])

CSV = {"responses": {200: {"description": "A line for each epoch", "content": {"text/csv": {"schema": {"type": "string"}}}}}}
RunIds = Annotated[str, Query(max_length=400, description="Two to six ids with commas between them; the others are held against the first.")]


class Again(Input):
    pictures: Literal["today", "same"] = "today"


class SettingOut(Schema):
    name: str
    values: list  # one for each run, in their order


class Part(Schema):
    train: int
    val: int


class LabelCountsOut(Schema):
    name: str
    counts: list[Part]


class RelabelledOut(Schema):
    before: str
    after: str
    count: int


class MovesOut(Schema):
    same: int
    only_before: int
    only_after: int
    to_train: int
    to_val: int
    relabelled: list[RelabelledOut]


class ScoreOut(Schema):
    """Of `count` test pictures that both runs have; `p`: how often chance alone makes such a difference (exact sign test)."""

    count: int
    before: int
    after: int
    gained: int
    lost: int
    p: float


class LabelScoreOut(ScoreOut):
    name: str


class FlipOut(Schema):
    image_id: UUID
    kind: Literal["lost", "gained", "other"]
    actual: str
    before: str
    after: str
    confidence_before: float
    confidence_after: float


class PairOut(Schema):
    base_id: UUID
    run_id: UUID
    pictures: MovesOut
    score: ScoreOut | None
    labels: list[LabelScoreOut]
    flips: list[FlipOut]


class ComparisonOut(Schema):
    run_ids: list[UUID]
    settings: list[SettingOut]
    facts: list[SettingOut]
    labels: list[LabelCountsOut]
    pairs: list[PairOut]


@router.get("/runs/{uuid:run_id}/metrics.csv", openapi_extra=CSV)
def get_metrics(request: HttpRequest, run_id: UUID):
    """The epochs of a run as a CSV file."""
    run = fetch(request.auth, Run.objects.defer(*Run.BIG), run_id)
    answer = HttpResponse(history.metrics_csv(run), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="run-{run.number}-metrics.csv"'
    return answer


@router.post("/runs/{uuid:run_id}/again", response={202: RunOut})
def repeat_run(request: HttpRequest, run_id: UUID, response: HttpResponse, payload: Again = None):
    """Train with the settings of a run again: on the pictures of today, or on exactly the same. While a run of the project is live, it is the answer."""
    run = fetch(request.auth, Run.objects.select_related("project").defer("evaluation", "answers", "log"), run_id, EDIT)
    train = history.again_with_same_pictures if payload and payload.pictures == "same" else history.again
    made, _created = train(run=run, user=request.auth)
    response["Location"] = address("get_run", made.id, "run_id")
    return Status(202, shown(one(request.auth, made.id)))


@router.post("/runs/{uuid:run_id}/restore", response=RunOut)
def restore_run(request: HttpRequest, run_id: UUID):
    """Bring a deleted run back, within an hour."""
    removal.bring_back(run=fetch(request.auth, Run.everything.defer(*Run.BIG), run_id, EDIT))
    return shown(one(request.auth, run_id))


@router.get("/compare", response=ComparisonOut)
def compare_runs(request: HttpRequest, runs: RunIds):
    """What differs between runs, of one project or of several, and what came of it. Every run must be yours to see."""
    ids = compare.parsed([runs])
    if not FEWEST <= len(ids) <= MOST:
        message = _("Name %(fewest)d to %(most)d runs to compare.") % {"fewest": FEWEST, "most": MOST}
        raise UserError(message, code="invalid_runs", field="runs")
    return told(compare.compare(compare.chosen(request.auth, ids)))


def told(found: Comparison) -> dict:
    return {
        "run_ids": [run.id for run in found.runs],
        "settings": [setting(each) for each in found.settings],
        "facts": [setting(each) for each in found.facts],
        "labels": [asdict(label) for label in found.labels],
        "pairs": [pair(each) for each in found.pairs],
    }


def setting(each: Setting) -> dict:
    return {"name": each.name, "values": each.values}


def pair(each: Pair) -> dict:
    return {
        "base_id": each.base.id,
        "run_id": each.other.id,
        "pictures": asdict(each.moves),
        "score": score(each.score) if each.score else None,
        "labels": [{"name": label.name, **score(label.score)} for label in each.labels],
        "flips": [flip(one) for one in each.flips],
    }


def score(found: Score) -> dict:
    return asdict(found) | {"p": found.p}


def flip(found: Flip) -> dict:
    before, after = found.before, found.after
    return {
        "image_id": after.image_id,
        "kind": found.kind,
        "actual": after.actual,
        "before": before.predicted,
        "after": after.predicted,
        "confidence_before": before.confidence,
        "confidence_after": after.confidence,
    }
