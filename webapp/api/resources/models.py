import time
from typing import Annotated
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, JsonResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from ninja import Query, Router

from trainer.predict import Prediction
from webapp.accounts.models import User
from webapp.api.answers import polled, stamp
from webapp.api.resources.pictures import BODY, picture
from webapp.api.resources.shapes import ModelChange, ModelOut, PredictionOut
from webapp.api.resources.similar import neighbour
from webapp.core.errors import UserError
from webapp.core.prepared import EXAMPLE_IDS, Prepared
from webapp.projects.models import Project
from webapp.projects.rules import EDIT, fetch, visible
from webapp.serving import examples, services
from webapp.serving.models import Model, Variant
from webapp.similar.services import MOST
from webapp.training.models import Run

router = Router(tags=["Models and answers"])

Top = Annotated[int, Query(ge=1, le=500, description="How many labels to answer, best first.")]
Neighbours = Annotated[int, Query(ge=0, le=MOST, description="How many of the training pictures that look most like it to answer as well, the nearest first. A key needs the scope read.")]


VARIANT = ("engine", "precision", "input_size", "threads", "accuracy", "changed", "p50_ms", "size_bytes")


def rows() -> QuerySet[Model]:
    """Models with what is shown of them."""
    return Model.objects.select_related("run", "variant").defer(*Run.BIG_OF_RUN)


def shown(model: Model) -> dict:
    answering = model.variant or model
    return {
        "id": str(model.id),
        "project_id": str(model.project_id),
        "run_id": str(model.run_id),
        "labels": model.labels,
        "accuracy": model.accuracy,
        "size_bytes": answering.size_bytes,
        "input_size": answering.input_size,
        "engine": answering.engine,
        "variant": variant_shown(model.variant) if model.variant else None,
        "published": bool(model.published),
        "keep": model.keep,
        "taken_down": model.run.taken_down,
        "notice": taken_down_notice(model.run.taken_down),
        "created": stamp(model.created),
    }


def variant_shown(variant: Variant) -> dict:
    return {"id": str(variant.id)} | {name: getattr(variant, name) for name in VARIANT}


def taken_down_notice(count: int) -> str | None:
    """What to do about a model that learned from pictures that were taken down since."""
    if not count:
        return None
    text = ngettext("It learned from %(count)d picture that was taken down; train again.", "It learned from %(count)d pictures that were taken down; train again.", count)
    return text % {"count": count}


def of_person(user_id: UUID) -> QuerySet[Model]:
    """The models that a person may ask, with what asking needs of them: a model that is loaded already needs no more."""
    return visible(User(id=user_id), Model.objects.only("project", "size_bytes", "keep", "variant"))


# Programs ask many questions a second.
askable = Prepared(lambda user_id, model_id: of_person(user_id).filter(id=model_id), *EXAMPLE_IDS)
in_use = Prepared(lambda user_id, project_id: of_person(user_id).filter(project_id=project_id, published=True), *EXAMPLE_IDS)


def answer(request: HttpRequest, model: Model, top: int, count: int) -> JsonResponse:
    """What the model says about the picture in the request, in the shape of PredictionOut; with `count` of the training pictures that look most like it."""
    started = time.perf_counter()
    data = picture(request)
    prediction = services.predict(model=model, data=data, top=top, key=key_name(request))
    near = {"neighbours": [neighbour(one) for one in examples.if_ready(model=whole(model), data=data, count=count)]} if count else {}
    return JsonResponse(said(model, prediction, started) | near, json_dumps_params={"separators": (",", ":")})


def said(model: Model, prediction: Prediction, started: float) -> dict:
    """An answer as programs get it; `started` is when the question came, by the clock that measures."""
    return {
        "model_id": str(model.id),
        "predictions": [{"label": label, "confidence": confidence} for label, confidence in prediction.answers],
        "unknown": prediction.unknown,
        "timing": {
            "decode_ms": round(prediction.decode_ms, 3),
            "infer_ms": round(prediction.infer_ms, 3),
            "total_ms": round(1000 * (time.perf_counter() - started), 3),
        },
    }


def whole(model: Model) -> Model:
    """The row of a model that was asked with what an answer alone needs."""
    return Model.objects.only("project", "run", "size_bytes", "variant").get(id=model.id)


def key_name(request: HttpRequest) -> str:
    """The name of the key that asks, "" where it is a person's token or session."""
    key = getattr(request, "api_key", None)
    return key.name if key else ""


@router.get("/models/{uuid:model_id}", response=ModelOut)
def get_model(request: HttpRequest, model_id: UUID):
    return polled(request, shown(fetch(request.auth, rows(), model_id)))


@router.patch("/models/{uuid:model_id}", response=ModelOut)
def change_model(request: HttpRequest, model_id: UUID, change: ModelChange):
    """Choose how readily the model says that a picture is none of its labels: of the pictures that it answers rightly it shall answer the share `keep`."""
    model = fetch(request.auth, rows(), model_id, EDIT)
    if change.keep is not None:
        services.set_keep(model=model, keep=change.keep)
    return shown(model)


@router.post("/models/{uuid:model_id}/predict", response=PredictionOut, openapi_extra=BODY)
def predict_by_model(request: HttpRequest, model_id: UUID, top: Top = 5, neighbours: Neighbours = 0):
    """Ask a model what a picture shows."""
    model = askable.first(request.auth.id, model_id)
    if model is None or request.auth.only_project not in (None, model.project_id):  # a key asks the models of its own project
        raise Http404
    return answer(request, model, top, neighbours)


@router.post("/projects/{uuid:project_id}/predict", response=PredictionOut, openapi_extra=BODY)
def predict_by_project(request: HttpRequest, project_id: UUID, top: Top = 5, neighbours: Neighbours = 0):
    """Ask the published model of a project what a picture shows."""
    model = in_use.first(request.auth.id, project_id) if request.auth.only_project in (None, project_id) else None
    if model is None:
        fetch(request.auth, Project, project_id)
        raise UserError(_("This project has no model yet. Train it first."), code="no_model", status=409)
    return answer(request, model, top, neighbours)
