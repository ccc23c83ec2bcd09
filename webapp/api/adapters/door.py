"""What all adapters share: who calls, which model is meant, and every trouble told in the shape that the product's clients read."""

import logging
import time
from collections.abc import Callable
from functools import wraps
from uuid import UUID

from django.core.exceptions import RequestDataTooBig, SuspiciousOperation, TooManyFilesSent
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from trainer.predict import Prediction
from webapp.accounts.models import User
from webapp.api.auth import admitted, bearer_token, not_known
from webapp.api.resources.pictures import from_web
from webapp.core.errors import UserError
from webapp.core.limits import spend
from webapp.core.trouble import trouble
from webapp.keys.models import PREDICT
from webapp.projects.models import Project
from webapp.projects.rules import fetch, visible
from webapp.serving import services
from webapp.serving.answered import ADAPTER
from webapp.serving.models import Model
from webapp.training.models import Run

MOST_LABELS = 500
PUBLISHED = ("published", "latest")  # names for the model that answers for a project, whichever it is today

log = logging.getLogger(__name__)
View = Callable[..., HttpResponse]


def door(refused: Callable[[UserError], HttpResponse], method: str = "POST") -> Callable[[View], View]:
    """Lets programs in without a session and CSRF, because they bring a secret; `refused` makes an answer of what went wrong."""

    def decorate(view: View) -> View:
        @csrf_exempt
        @wraps(view)
        def answered(request: HttpRequest, **names: str) -> HttpResponse:
            request.began, request.predictions = time.perf_counter(), []
            try:
                check_method(request, method)
                return with_timing(view(request, **names), request)
            except Exception as error:
                told = said(request, error)
                return with_headers(refused(told), told, method)

        return answered

    return decorate


def check_method(request: HttpRequest, method: str) -> None:
    if request.method not in (method, "HEAD" if method == "GET" else method):
        raise UserError(_("This address does not do that. See the Allow header."), code="method_not_allowed", status=405)


def with_headers(answer: HttpResponse, told: UserError, method: str) -> HttpResponse:
    """The refusal with the headers that belong to its status."""
    if wait := told.details.get("retry_after"):
        answer["Retry-After"] = str(wait)
    if told.status == 401:
        answer["WWW-Authenticate"] = "Bearer"
    if told.status == 405:
        answer["Allow"] = method
    return answer


def with_timing(answer: HttpResponse, request: HttpRequest) -> HttpResponse:
    """The answer with the header Server-Timing, which no client of a product stumbles over and browsers show."""
    if request.predictions:
        answer["Server-Timing"] = ", ".join(f"{name.removesuffix('_ms')};dur={ms}" for name, ms in timing(request).items())
    return answer


def timing(request: HttpRequest) -> dict[str, float]:
    """Milliseconds as in answers of our own API: of all pictures of the request together, `total_ms` since it came."""
    times = {name: sum(getattr(one, name) for one in request.predictions) for name in ("decode_ms", "infer_ms")}
    times["total_ms"] = 1000 * (time.perf_counter() - request.began)
    return {name: round(ms, 3) for name, ms in times.items()}


def said(request: HttpRequest, error: Exception) -> UserError:
    """Whatever went wrong as a sentence for a person, with a status; what is our fault is logged."""
    match error:
        case UserError():
            return error
        case Http404():
            return UserError(_("There is nothing here, or it is not yours."), code="not_found", status=404)
        case RequestDataTooBig() | TooManyFilesSent():
            return UserError(_("That is more than one request may carry. Send less at a time."), code="too_large", status=413)
        case SuspiciousOperation() | MultiPartParserError():
            return UserError(_("The request cannot be read. Check how it is put together."), code="bad_request", status=400)
    return trouble(error) or broken(request, error)


def broken(request: HttpRequest, error: Exception) -> UserError:
    log.error("%s %s failed", request.method, request.path, exc_info=error)
    return UserError(_("Something broke on our side, and it is written down. Try again in a moment."), code="server_error", status=500)


def caller(request: HttpRequest, secret: str | None) -> User:
    """The person of an API key or account token, wherever the product carries it; a Bearer header counts as well. Raises UserError 401, 403 or 429."""
    secret = secret or bearer_token(request)
    if not secret:
        raise not_known(_("Send an API key of the project, or a token of your account."))
    return admitted(request, secret, PREDICT)


def project_id(text: str) -> UUID:
    """The id of a project as it stands in an address or a form; raises Http404."""
    try:
        return UUID(text)
    except ValueError:
        raise Http404 from None


def published(user: User, project: UUID) -> Model:
    """The model that answers for a project; raises Http404, or UserError 409 before the first training has ended well."""
    model = models(user, project).filter(published=True).first()
    if model is None:
        fetch(user, Project, project)
        raise UserError(_("This project has no model yet. Train it first."), code="no_model", status=409)
    return model


def named(user: User, project: UUID, name: str) -> Model:
    """The published model, or that of the run with this number or name; raises Http404."""
    if name.lower() in PUBLISHED:
        return published(user, project)
    number = int(name) if name.isascii() and name.isdecimal() and len(name) < 10 else None
    model = models(user, project).filter(Q(run__name=name) | Q(run__number=number)).order_by("-run__number").first()
    if model is None:
        raise Http404
    return model


def models(user: User, project: UUID) -> QuerySet[Model]:
    """The models of a project for its members and its keys. Who only knows that it is shared asks on its page, where such questions are counted."""
    rows = Model.objects.select_related("run").defer(*Run.BIG_OF_RUN)
    return visible(user, rows).filter(project_id=project)


def ask(request: HttpRequest, model: Model, data: bytes, way: str = ADAPTER) -> Prediction:
    """All labels of the model with their confidences, best first; `way` as in `serving.answered`."""
    key = getattr(request, "api_key", None)
    prediction = services.predict(model=model, data=data, top=MOST_LABELS, door=way, key=key.name if key else "")
    request.predictions.append(prediction)
    return prediction


def picture_at(user: User, url: str) -> bytes:
    """The picture at an address on the web, through the door to the network; raises UserError."""
    spend("predict_url", user.id)
    return from_web(url)
