import sys

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from webapp.core import health, tracing
from webapp.core.errors import UserError
from webapp.core.trouble import trouble


@require_GET
def healthz(request: HttpRequest) -> JsonResponse:
    """The web process serves."""
    return JsonResponse({"status": "ok"})


@require_GET
def readyz(request: HttpRequest) -> JsonResponse:
    """Everything that work needs is there."""
    parts = health.readiness().now()
    return JsonResponse(parts, status=200 if health.is_ready(parts) else 503)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    error = UserError(_("There is nothing here, or it is not yours. Look among your own AIs."), code="not_found", status=404)
    return refuse(request, error)


def server_error(request: HttpRequest) -> HttpResponse:
    """What was raised where no page could answer for it, such as while a body was read."""
    if told := trouble(sys.exc_info()[1]):
        return refuse(request, told)
    error = UserError(_("Something broke on our side, and it is written down. Your pictures are safe; try again in a moment."), code="server_error", status=500)
    return refuse(request, error)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    error = UserError(_("This page is too old to be trusted. Reload it and try again."), code="csrf", status=403)
    return refuse(request, error)


def refuse(request: HttpRequest, error: UserError) -> HttpResponse:
    """The error as JSON under /api/, as a notice to be swapped in for htmx, as a page elsewhere."""
    if request.path.startswith("/api/"):
        return waiting(JsonResponse({"error": {"code": error.code, "message": str(error), "details": error.details}}, status=error.status), error)
    return refuse_page(request, error)


def refuse_page(request: HttpRequest, error: UserError) -> HttpResponse:
    """The error as a notice to be swapped in for htmx, as a page elsewhere."""
    template = "core/_notice.html" if getattr(request, "htmx", False) else "core/error.html"
    return waiting(render(request, template, {"error": error, "number": tracing.current()}, status=error.status), error)


def waiting(answer: HttpResponse, error: UserError) -> HttpResponse:
    """The answer with a header that says when to try again, where the error knows."""
    if seconds := error.details.get("retry_after"):
        answer["Retry-After"] = str(seconds)
    return answer
