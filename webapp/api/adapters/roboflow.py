"""Roboflow's hosted classification API, and what its own client asks of an inference server; their address is ours with /roboflow at its end.

{slug} is the id of a project, {version} the number of one of its runs, or `published` for the model that answers today. The key comes as ?api_key=,
or as a Bearer token; in an address it can end up in logs, so the header is better.
"""

import io
import json
import time

from django.http import Http404, HttpRequest, JsonResponse
from django.utils.translation import gettext as _
from PIL import Image

from trainer.pixels import FORMATS
from webapp.accounts.models import User
from webapp.api.adapters import door as shared
from webapp.api.adapters.form import fields, no_picture, picture, whole
from webapp.api.resources.pictures import LARGEST_JSON, from_base64, read
from webapp.core.errors import UserError
from webapp.serving.models import Model

MOST_PICTURES = 16  # of one request


def refused(error: UserError) -> JsonResponse:
    return JsonResponse({"message": str(error), "code": error.code}, status=error.status)


@shared.door(refused)
def classify(request: HttpRequest, project_id: str, version: str) -> JsonResponse:
    """Classify the picture of the body (base64, a file of a form, or its bytes), or the one at the address in ?image=."""
    user = shared.caller(request, request.GET.get("api_key"))
    model = shared.named(user, shared.project_id(project_id), version)
    return JsonResponse(answer(request, model, sent(request, user)))


@shared.door(refused, "GET")
def registry(request: HttpRequest) -> JsonResponse:
    """The models that are loaded, from the client's view none: it then asks for its own."""
    shared.caller(request, request.GET.get("api_key"))
    return JsonResponse({"models": []})


@shared.door(refused)
def add(request: HttpRequest) -> JsonResponse:
    """Tell what the model is that the client is going to ask; ours need no loading."""
    given = body(request)
    model = meant(shared.caller(request, given.get("api_key") or request.GET.get("api_key")), given)
    shape = {"input_width": model.input_size, "input_height": model.input_size, "batch_size": None}
    return JsonResponse({"models": [{"model_id": given["model_id"], "task_type": "classification", **shape}]})


@shared.door(refused)
def infer(request: HttpRequest) -> JsonResponse:
    """Classify one picture, or a list of them, each {"type": "base64" or "url", "value"}."""
    given = body(request)
    user = shared.caller(request, given.get("api_key") or request.GET.get("api_key"))
    model, images = meant(user, given), given.get("image")
    if not isinstance(images, list):
        return JsonResponse(answer(request, model, referred(user, images)))
    if len(images) > MOST_PICTURES:
        raise UserError(_("At most %(count)d pictures can be asked about at once.") % {"count": MOST_PICTURES}, code="too_large", status=413)
    return JsonResponse([answer(request, model, referred(user, image)) for image in images], safe=False)


def sent(request: HttpRequest, user: User) -> bytes:
    """The picture of a request, however it comes."""
    if url := request.GET.get("image"):
        return shared.picture_at(user, url)
    if request.content_type != "multipart/form-data":
        return picture(read(request, LARGEST_JSON))
    form = fields(request)
    found = form.get("file") or next((value for value in form.values() if value), b"")
    if not found:
        raise no_picture("file")
    return found


def body(request: HttpRequest) -> dict:
    """The JSON object of a request; raises UserError."""
    try:
        given = json.loads(whole(request, LARGEST_JSON) or b"{}")
    except (ValueError, RecursionError):
        given = None
    if not isinstance(given, dict) or not isinstance(given.get("api_key", ""), str | None):
        raise UserError(_("This is not JSON."), code="bad_request", status=400)
    return given


def meant(user: User, given: dict) -> Model:
    """The model of {"model_id": "<project>/<version>"}; raises Http404."""
    project, slash, version = str(given.get("model_id", "")).partition("/")
    if not slash:
        raise Http404
    return shared.named(user, shared.project_id(project), version)


def referred(user: User, image: object) -> bytes:
    if not isinstance(image, dict) or not isinstance(image.get("value"), str):
        raise UserError(_("Send a picture as {\"type\": \"base64\", \"value\": ...} or {\"type\": \"url\", \"value\": ...}."), code="no_picture")
    return shared.picture_at(user, image["value"]) if image.get("type") == "url" else from_base64(image["value"])


def answer(request: HttpRequest, model: Model, data: bytes) -> dict:
    """One answer in their shape; `time` is in seconds."""
    started = time.perf_counter()
    found = shared.ask(request, model, data)
    numbers = {label: number for number, label in enumerate(model.labels)}
    with Image.open(io.BytesIO(data), formats=FORMATS) as image:  # reads no more than its head
        size = {"width": image.width, "height": image.height}
    label, confidence = found.answers[0]
    return {
        "time": round(time.perf_counter() - started, 6),
        "image": size,
        "predictions": [{"class": name, "class_id": numbers[name], "confidence": share} for name, share in found.answers],
        "top": label,
        "confidence": confidence,
        "prediction_type": "classification",
        "unknown": found.unknown,
    }
