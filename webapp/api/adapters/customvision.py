"""Azure Custom Vision, prediction API 3.0 and 3.1: a new endpoint and key are all that its clients need.

{projectId} is the id of a project, {publishedName} `published` for the model that answers for it today, or the name or number of one of its runs:
call a run what the iteration was called, and nothing else changes. The key comes in the header Prediction-Key. What is asked with /nostore is never kept,
other answers only where the project keeps answers.
"""

from uuid import uuid4, uuid5

from django.http import Http404, HttpRequest, JsonResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from webapp.accounts.models import User
from webapp.api.adapters import door as shared
from webapp.api.adapters.form import fields, no_picture, text
from webapp.api.answers import stamp
from webapp.api.resources.pictures import LARGEST, read
from webapp.core.errors import UserError
from webapp.projects.models import Label
from webapp.serving.answered import ADAPTER, UNKEPT
from webapp.serving.models import Model

CODES = {
    401: "Unauthorized",
    403: "Forbidden",
    404: "NotFound",
    405: "BadRequestOperationNotSupported",
    413: "BadRequestImageSizeBytes",
    415: "BadRequestImageFormat",
    429: "TooManyRequests",
    503: "ErrorPredictionServiceUnavailable",
}
OURS = {"no_model": (404, "NotFoundIteration"), "no_iteration": (404, "NotFoundIteration"), "not_fetched": (400, "BadRequestImageUrl"), "unsupported_type": (415, "UnsupportedMediaType")}


def refused(error: UserError) -> JsonResponse:
    """{"code", "message"}, with the codes of that API; what is wrong with a request is a 400 there."""
    status, code = OURS.get(error.code, (error.status, CODES.get(error.status)))
    if status == 422:
        status, code = 400, "BadRequestImageFormat" if error.code in ("damaged", "too_many_pixels", "invalid") else "BadRequestImageStream"
    return JsonResponse({"code": code or ("ErrorUnknown" if status >= 500 else "BadRequest"), "message": str(error)}, status=status)


@shared.door(refused)
def by_image(request: HttpRequest, project_id: str, name: str) -> JsonResponse:
    """Classify the picture that is the body, or that a form brings in `imageData`."""
    user, model = asked(request, project_id, name)
    return answer(request, model, image(request))


@shared.door(refused)
def by_url(request: HttpRequest, project_id: str, name: str) -> JsonResponse:
    """Classify the picture at the address in {"Url": ...}."""
    user, model = asked(request, project_id, name)
    form = fields(request)
    url = text(form, "Url") or text(form, "url")
    if not url:
        raise UserError(_("Send the address of a picture: {\"Url\": \"https://...\"}."), code="not_fetched")
    return answer(request, model, shared.picture_at(user, url))


def asked(request: HttpRequest, project: str, name: str) -> tuple[User, Model]:
    """Who calls, and the model of that name."""
    user = shared.caller(request, request.META.get("HTTP_PREDICTION_KEY"))
    try:
        return user, shared.named(user, shared.project_id(project), name)
    except Http404:
        raise UserError(_("There is no such project, or no iteration with that name."), code="no_iteration", status=404) from None


def image(request: HttpRequest) -> bytes:
    if request.content_type != "multipart/form-data":
        return read(request, LARGEST)
    form = fields(request)
    sent = form.get("imageData") or next((value for value in form.values() if value), b"")
    if not sent:
        raise no_picture("imageData")
    return sent


def answer(request: HttpRequest, model: Model, data: bytes) -> JsonResponse:
    found = shared.ask(request, model, data, UNKEPT if request.path_info.endswith("/nostore") else ADAPTER)
    tags = dict(Label.objects.filter(project=model.project_id).values_list("name", "id"))
    predictions = [
        # A label that was renamed since has no id any more; what it gets is the same each time.
        {"probability": confidence, "tagId": str(tags.get(label) or uuid5(model.project_id, label)), "tagName": label, "tagType": "Regular"}
        for label, confidence in found.answers
    ]
    told = {"id": str(uuid4()), "project": str(model.project_id), "iteration": str(model.run_id), "created": stamp(timezone.now())}
    return JsonResponse(told | {"predictions": predictions, "unknown": found.unknown, "timing": shared.timing(request)})
