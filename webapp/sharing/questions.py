"""A question of a stranger: one picture, limits, an answer, one more play."""

from uuid import UUID

from django.http import HttpRequest
from django.utils.translation import gettext as _

from webapp.core import store
from webapp.core.errors import UserError
from webapp.core.limits import client_address
from webapp.serving import services as serving
from webapp.serving.answer import answer_of
from webapp.serving.answered import PLAY
from webapp.serving.models import Model
from webapp.sharing import examples, services
from webapp.sharing.models import Sharing

MOST_REQUEST = serving.MAX_PICTURE_BYTES + 100_000  # and what a form adds
TOP = 8  # bars of an answer


def answered(request: HttpRequest, sharing: Sharing, model: Model | None) -> dict:
    """The answer about the posted picture or example. Raises UserError: nothing learned yet, too often, or no picture."""
    if model is None:
        raise UserError(_("This AI has not learned anything yet. Come back later."), code="no_model", status=409)
    services.spend_question(address=client_address(request), model=model)
    answer = answer_of(serving.predict(model=model, data=asked(request, sharing, model), top=TOP, door=PLAY))
    services.count_play(project=sharing.project)
    return answer


def asked(request: HttpRequest, sharing: Sharing, model: Model) -> bytes:
    """The picture that was posted, or the example that was chosen; raises UserError."""
    # Before the body is read: Django would write all of it to the disk first.
    if int(request.META.get("CONTENT_LENGTH") or 0) > MOST_REQUEST:
        raise UserError(_("The picture is larger than %(megabytes)d MB. Make it smaller and try again.") % {"megabytes": serving.MAX_PICTURE_BYTES // 1_000_000}, code="too_large", status=413)
    if file := request.FILES.get("image"):
        return file.read(serving.MAX_PICTURE_BYTES + 1)  # one byte more, so that the service sees that it is too large
    if "example" in request.POST:
        return example(sharing, model, wanted(request.POST["example"]))
    raise UserError(_("Choose a picture first: a JPG or PNG file."), field="image")


def example(sharing: Sharing, model: Model, image_id: UUID | None) -> bytes:
    """The file of an example. Raises UserError: it is none, or its file is gone."""
    try:
        return store.get(examples.one(sharing, model, image_id).file_name)
    except FileNotFoundError as error:
        raise examples.gone() from error


def wanted(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
