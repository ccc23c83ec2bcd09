from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from webapp.core import health
from webapp.core.errors import UserError


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
    error = UserError(_("Something broke on our side, and it is written down. Your pictures are safe; try again in a moment."), code="server_error", status=500)
    return refuse(request, error)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    error = UserError(_("This page is too old to be trusted. Reload it and try again."), code="csrf", status=403)
    return refuse(request, error)


def refuse(request: HttpRequest, error: UserError) -> HttpResponse:
    """The error as JSON under /api/, as a notice to be swapped in for htmx, as a page elsewhere."""
    if request.path.startswith("/api/"):
        return JsonResponse({"error": {"code": error.code, "message": str(error), "details": error.details}}, status=error.status)
    template = "core/_notice.html" if getattr(request, "htmx", False) else "core/error.html"
    return render(request, template, {"error": error}, status=error.status)
