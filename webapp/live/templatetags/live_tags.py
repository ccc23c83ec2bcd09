"""The live camera on other rooms' pages."""

from django import template
from django.http import HttpRequest

from webapp.live.addresses import socket_origin
from webapp.serving.models import Model

register = template.Library()
ROWS = 8  # labels with a bar of their own


@register.inclusion_tag("live/_camera.html", takes_context=True)
def camera(context: template.Context, model: Model, code: str) -> dict:
    """The live camera of the play page with this short address: no account is needed, no frame is kept, and all of it runs on the server."""
    return camera_context(context["request"], model, f"p/{code}")


def place_of(model: Model) -> str:
    """Where those ask a model who may see it. Asking by project goes on when another model is published."""
    return f"projects/{model.project_id}" if model.published else f"models/{model.id}"


def camera_context(request: HttpRequest, model: Model, place: str) -> dict:
    """What the camera needs to know, which asks at `place`; its page may open the socket from now on."""
    request.shows_camera = True
    rows = min(len(model.labels), ROWS)
    return {"request": request, "model": model, "socket": f"{socket_origin(request)}/ws/{place}/live?top={rows}", "rows": range(rows), "keeps_places": len(model.labels) <= ROWS}
