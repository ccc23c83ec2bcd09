"""One shape for all that can go wrong: {"error": {"code", "message", "details"}}."""

import logging
from collections.abc import Callable

from django.core.exceptions import RequestDataTooBig, SuspiciousOperation, TooManyFilesSent
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.multipartparser import MultiPartParserError
from django.utils.translation import gettext as _
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError

from webapp.core.errors import UserError
from webapp.core.trouble import trouble

log = logging.getLogger(__name__)
CODES = {400: "bad_request", 401: "not_authenticated", 403: "forbidden", 404: "not_found", 405: "method_not_allowed", 413: "too_large", 415: "unsupported_type"}


def refused(status: int, code: str, message: object, details: dict | None = None) -> JsonResponse:
    answer = JsonResponse({"error": {"code": code, "message": str(message), "details": details or {}}}, status=status)
    if status == 401:
        answer["WWW-Authenticate"] = "Bearer"
    if wait := (details or {}).get("retry_after"):
        answer["Retry-After"] = str(wait)
    return answer


def install(api: NinjaAPI) -> None:
    """Let this module answer for whatever an operation of the API raises."""
    for kind, handler in handlers().items():
        api.add_exception_handler(kind, handler)


def answered(request: HttpRequest, error: Exception) -> HttpResponse:
    """What an operation that raised this would have answered."""
    known = handlers()
    return known[next(kind for kind in type(error).__mro__ if kind in known)](request, error)


def handlers() -> dict[type[Exception], Callable[[HttpRequest, Exception], HttpResponse]]:
    return {
        UserError: user_error,
        Http404: missing,
        ValidationError: invalid,
        HttpError: http_error,
        RequestDataTooBig: too_big,
        TooManyFilesSent: too_big,
        SuspiciousOperation: bad_request,
        MultiPartParserError: bad_request,
        Exception: broken,
    }


def user_error(request: HttpRequest, error: UserError) -> HttpResponse:
    return refused(error.status, error.code, error, error.details)


def missing(request: HttpRequest, error: Http404) -> HttpResponse:
    return refused(404, "not_found", _("There is nothing here, or it is not yours."))


def invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    """422 with the fields that were wrong; what was sent is not repeated, it may be secret or long."""
    fields = [{"field": ".".join(str(part) for part in problem["loc"][1:] if part != "payload"), "message": problem["msg"]} for problem in error.errors[:20]]
    names = ", ".join(dict.fromkeys(field["field"] for field in fields if field["field"])) or _("the body")
    return refused(422, "invalid", _("These are missing, unknown or wrong: %(names)s.") % {"names": names[:300]}, {"fields": fields})


def http_error(request: HttpRequest, error: HttpError) -> HttpResponse:
    return refused(error.status_code, CODES.get(error.status_code, "refused"), error)


def too_big(request: HttpRequest, error: Exception) -> HttpResponse:
    return refused(413, "too_large", _("That is more than one request may carry. Send less at a time."))


def bad_request(request: HttpRequest, error: Exception) -> HttpResponse:
    return refused(400, "bad_request", _("The request cannot be read. Check how it is put together."))


def broken(request: HttpRequest, error: Exception) -> HttpResponse:
    """500 that says nothing of our inside, and the log has it all; 503 and 507 where the machine is in trouble."""
    if told := trouble(error):
        return user_error(request, told)
    log.error("%s %s failed", request.method, request.path, exc_info=error)
    return refused(500, "server_error", _("Something broke on our side, and it is written down. Try again in a moment."))
