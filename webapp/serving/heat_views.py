"""The heat over a picture as a file."""

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET

from webapp.core.errors import UserError
from webapp.images.models import Image
from webapp.projects.rules import fetch
from webapp.serving import heat as heating
from webapp.serving.models import Model

DAY = 24 * 3600
HEADERS = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "default-src 'none'; sandbox"}


@require_GET
@cache_control(private=True, max_age=DAY)
def heat(request: HttpRequest, model_id: UUID, image_id: UUID) -> HttpResponse:
    """Where a model looked in a picture of its project, for the label at the place ?label= among its labels: a PNG to lay over the picture."""
    model = fetch(request.user, Model, model_id)
    image = Image.objects.filter(project_id=model.project_id, id=image_id).first()
    if image is None:
        raise Http404
    place = request.GET.get("label", "")
    if not place.isdecimal() or len(place) > 6 or int(place) >= len(model.labels):
        raise UserError(_("That label is not there any more. Reload the page and look again."), field="label")
    png = heating.overlay(heating.maps(model, image)[int(place)], image.width, image.height)
    return HttpResponse(png, content_type="image/png", headers=HEADERS)
