"""The tus protocol, version 1.0.0 (https://tus.io/protocols/resumable-upload): core, creation, creation-with-upload, expiration, termination, checksum.

Pages and the API are two doors to it; who may come in, each asks itself.
"""

import base64
import binascii
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.http import HttpRequest, HttpResponse
from django.utils.http import http_date
from django.utils.translation import gettext as _

from webapp.accounts.models import User
from webapp.core.errors import UserError
from webapp.ingest import transfers
from webapp.ingest.models import Transfer
from webapp.ingest.parts import ALGORITHMS, Checksum
from webapp.projects.models import Label, Project

VERSION = "1.0.0"
EXTENSIONS = "creation,creation-with-upload,expiration,termination,checksum"
PIECE_TYPE = "application/offset+octet-stream"
OVERRIDES = ("PATCH", "DELETE")
SILENCE = 20  # seconds without a byte after which a connection is taken for broken


def answer(request: HttpRequest, work: Callable[[], HttpResponse], refuse: Callable[[UserError], HttpResponse]) -> HttpResponse:
    """What `work` answers, or the refusal, with the headers that all answers have."""
    try:
        if request.headers.get("Tus-Resumable") != VERSION:
            raise UserError(_("This server speaks version 1.0.0 of the tus protocol."), code="wrong_version", status=412)
        response = work()
    except UserError as error:
        response = refuse(error)
        response["Tus-Version"] = VERSION
    return with_headers(response)


def with_headers(response: HttpResponse) -> HttpResponse:
    response["Tus-Resumable"] = VERSION
    response["Cache-Control"] = "no-store"
    return response


def options() -> HttpResponse:
    """What this server can do."""
    response = HttpResponse(status=204)
    response["Tus-Version"] = VERSION
    response["Tus-Extension"] = EXTENSIONS
    response["Tus-Max-Size"] = str(transfers.MAX_BYTES)
    response["Tus-Checksum-Algorithm"] = ",".join(ALGORITHMS)
    return with_headers(response)


def method_of(request: HttpRequest) -> str:
    """The method that is meant: some proxies let no PATCH and no DELETE through."""
    meant = request.headers.get("X-HTTP-Method-Override", "")
    return meant if request.method == "POST" and meant in OVERRIDES else request.method


def create(
    request: HttpRequest, person: User, project: Project, label_of: Callable[[dict[str, str]], Label | None], address: Callable[[Transfer], str]
) -> HttpResponse:
    """POST: announce a file, and perhaps send its beginning."""
    size, said = number(request, "Upload-Length"), metadata(request)
    names = {"name": said.get("filename", ""), "fingerprint": said.get("fingerprint", "")}
    transfer = transfers.start(person=person, project=project, size=size, label=label_of(said), **names)
    response = HttpResponse(status=201)
    response["Location"] = address(transfer)
    if request.content_type == PIECE_TYPE:
        response["Upload-Offset"] = str(take(request, transfer, 0))
    response["Upload-Expires"] = http_date(transfer.expires.timestamp())
    return response


def head(transfer: Transfer) -> HttpResponse:
    """HEAD: from where to go on."""
    response = HttpResponse(status=200)
    response["Upload-Offset"] = str(transfers.offset(transfer))
    response["Upload-Length"] = str(transfer.size)
    response["Upload-Expires"] = http_date(transfer.expires.timestamp())
    return response


def patch(request: HttpRequest, transfer: Transfer) -> HttpResponse:
    """PATCH: the next bytes."""
    if request.content_type != PIECE_TYPE:
        raise UserError(_("Send the bytes as application/offset+octet-stream."), code="unsupported_type", status=415)
    now = take(request, transfer, number(request, "Upload-Offset"))
    response = HttpResponse(status=204)
    response["Upload-Offset"] = str(now)
    response["Upload-Expires"] = http_date(transfer.expires.timestamp())
    return response


def delete(transfer: Transfer) -> HttpResponse:
    """DELETE: the rest will not come."""
    transfers.discard(transfer=transfer)
    return HttpResponse(status=204)


def take(request: HttpRequest, transfer: Transfer, offset: int) -> int:
    if "Content-Length" not in request.headers:
        raise UserError(_("Say how long this part is (Content-Length)."), code="length_required", status=411)
    with impatient(request):
        count = number(request, "Content-Length")
        return transfers.add(transfer=transfer, offset=offset, count=count, source=request, checksum=checksum(request))


@contextmanager
def impatient(request: HttpRequest) -> Iterator[None]:
    """Wait only so long for bytes: a phone that left its network says no goodbye, and would hold the file, and a thread, for ever."""
    line = request.META.get("gunicorn.socket")
    if line is None:
        yield
        return
    before = line.gettimeout()
    line.settimeout(SILENCE)
    try:
        yield
    finally:
        line.settimeout(before)


def number(request: HttpRequest, name: str) -> int:
    said = request.headers.get(name, "")
    if not (said.isascii() and said.isdecimal() and len(said) < 16):
        raise unreadable(name)
    return int(said)


def metadata(request: HttpRequest) -> dict[str, str]:
    """Upload-Metadata: pairs of a name and a text in Base64, with commas between."""
    pairs = [pair.split() for pair in request.headers.get("Upload-Metadata", "").split(",") if pair.strip()]
    try:
        return {name: base64.b64decode("".join(value), validate=True).decode() for name, *value in pairs}
    except (binascii.Error, UnicodeDecodeError) as error:
        raise unreadable("Upload-Metadata") from error


def checksum(request: HttpRequest) -> Checksum | None:
    """Upload-Checksum: the name of an algorithm and a digest in Base64."""
    said = request.headers.get("Upload-Checksum")
    if said is None:
        return None
    algorithm, _space, digest = said.partition(" ")
    if algorithm not in ALGORITHMS:
        raise unreadable("Upload-Checksum")
    try:
        return Checksum(algorithm, base64.b64decode(digest, validate=True))
    except binascii.Error as error:
        raise unreadable("Upload-Checksum") from error


def unreadable(name: str) -> UserError:
    return UserError(_("The header %(name)s is missing or cannot be read.") % {"name": name}, code="bad_header", status=400)
