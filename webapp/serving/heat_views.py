"""The heat over a picture as a file."""

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.http import require_GET, require_POST

from webapp.core.errors import UserError
from webapp.core.headers import FILE_HEADERS
from webapp.images.models import Image
from webapp.projects.rules import fetch
from webapp.serving import heat as heating
from webapp.serving.asking import posted_file
from webapp.serving.models import Model


@require_GET
@cache_control(private=True, no_cache=True)  # it shows the outlines of a picture that may be deleted
def heat(request: HttpRequest, model_id: UUID, image_id: UUID) -> HttpResponse:
    """Where a model looked in a picture of its project, for the label at the place ?label= among its labels: a PNG to lay over the picture."""
    model = fetch(request.user, Model, model_id)
    image = Image.objects.filter(project_id=model.project_id, id=image_id).first()
    if image is None:
        raise Http404
    place = place_of(model, request.GET.get("label", ""))
    png = heating.overlay(heating.maps(model, image)[place], image.width, image.height)
    return HttpResponse(png, content_type="image/png", headers=FILE_HEADERS)


@never_cache
@require_POST
def look(request: HttpRequest, model_id: UUID) -> HttpResponse:
    """Where a model looked in a picture that somebody asked about: it comes along once more as `image`, with the place of the `label`, and is kept nowhere."""
    model = fetch(request.user, Model, model_id)
    return looked(request, model)


def looked(request: HttpRequest, model: Model) -> HttpResponse:
    """A PNG to lay over the picture that was posted; the header X-Heat says whether anything there spoke for the label. Raises UserError."""
    place = place_of(model, request.POST.get("label", ""))
    _name, picture = posted_file(request)
    png, is_hot = heating.look(model, picture, place)
    return HttpResponse(png, content_type="image/png", headers=FILE_HEADERS | {"X-Heat": "some" if is_hot else "none"})


def place_of(model: Model, text: str) -> int:
    if not text.isdecimal() or len(text) > 6 or int(text) >= len(model.labels):
        raise UserError(_("That label is not there any more. Reload the page and look again."), field="label")
    return int(text)
