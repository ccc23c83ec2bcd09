"""Pictures that somebody asks about on a page: files, or one at an address of the web. They are looked at in memory and kept nowhere."""

from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest
from django.utils.translation import gettext as _

from trainer.predict import Prediction
from webapp.core import limits, outgoing
from webapp.core.errors import UserError
from webapp.images.guard import PICTURES, kind
from webapp.serving import services
from webapp.serving.answer import answer_of
from webapp.serving.answered import PAGE
from webapp.serving.models import Model

FETCH_SECONDS = 15.0
MOST_TOGETHER = 60_000_000  # bytes of the files of one form
ACCEPT = "image/jpeg, image/png, image/*;q=0.5, */*;q=0.1"  # a model reads the first two; a browser makes them of the others
SHOWABLE = tuple(name for name in PICTURES if name != "heic")  # kinds that browsers open


class Asked(NamedTuple):
    """The answer about a picture, by the name of its file, or why there is none. The picture itself is not kept: there may be a hundred."""

    name: str
    answer: dict | None
    error: UserError | None


def ask(model: Model, name: str, picture: bytes, door: str = PAGE) -> Asked:
    """Ask a model about one picture; what is wrong with the picture is part of the answer, and everything else is raised."""
    try:
        prediction: Prediction = services.predict(model=model, data=picture, top=len(model.labels), door=door)
    except UserError as error:
        if error.status >= 500:
            raise
        return Asked(name, None, error)
    return Asked(name, answer_of(prediction), None)


def posted(request: HttpRequest) -> Iterator[tuple[str, bytes]]:
    """The pictures of a form, each with its name, one in memory at a time: the files, or else what lies at the address. Raises UserError."""
    url = request.POST.get("url", "").strip()
    if url and not request.FILES:
        yield name_of(url), fetched(request, url)
        return
    for file in files(request):
        yield file.name, content(file)


def posted_file(request: HttpRequest) -> tuple[str, bytes]:
    """The one picture of a form, with its name. Raises UserError."""
    file = files(request)[0]
    return file.name, content(file)


def files(request: HttpRequest) -> list[UploadedFile]:
    """The files of a form, at least one. Raises UserError."""
    found = request.FILES.getlist("image")
    if not found:
        raise UserError(_("Choose a picture first: a JPG or PNG file."), field="image")
    if len(found) > 1 and sum(file.size for file in found) > MOST_TOGETHER:
        raise UserError(_("These pictures are larger than %(megabytes)d MB together. Ask about fewer at once.") % {"megabytes": MOST_TOGETHER // 1_000_000}, code="too_large", status=413, field="image")
    return found


def content(file: UploadedFile) -> bytes:
    """What is in a file: one byte more than is allowed, so that the service sees that it is too large."""
    return file.read(services.MAX_PICTURE_BYTES + 1)


def fetched(request: HttpRequest, url: str) -> bytes:
    """The picture at an address that somebody typed; each person may fetch only so many. Raises UserError."""
    if not url:
        raise UserError(_("Type the address of a picture first."), field="url")
    limits.spend("predict_url", request.user.pk or limits.client_address(request))
    return from_web(url)


def from_web(url: str) -> bytes:
    """The picture at an address of the web, whose kind any browser opens. Raises UserError: it is not there, not reached, or no picture."""
    try:
        answer = outgoing.fetch(url, limit_bytes=services.MAX_PICTURE_BYTES, timeout=FETCH_SECONDS, accept=ACCEPT)
    except outgoing.OutgoingError as error:
        raise UserError(str(error), code="not_fetched", field="url") from error
    if answer.status != 200:
        raise UserError(_("There is no picture at this address any more. Open it in a browser and copy the address of the picture again."), code="not_fetched", field="url")
    if kind(answer.content[:512]) not in SHOWABLE:
        raise UserError(_("At this address is a page, and no picture. Open the picture alone, and copy the address from there."), code="not_a_picture", status=415, field="url")
    return answer.content


def name_of(url: str) -> str:
    """What a picture from the web is called: the last part of its address."""
    parts = urlsplit(url) if "[" not in url else None  # an IPv6 host that is none raises
    return (unquote(parts.path).rsplit("/", 1)[-1] or parts.hostname or url)[:120] if parts else url[:120]
