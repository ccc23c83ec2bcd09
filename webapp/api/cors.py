"""Scripts of other pages: a browser lets them read an answer when their origin is one that the key allows. Cookies never count for them."""

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import resolve
from django.utils.cache import patch_vary_headers

from webapp.keys.models import Key
from webapp.keys.services import origin_is_allowed

METHODS = "GET, HEAD, POST, PATCH, DELETE"
SENT = "Authorization, Content-Type, Idempotency-Key, If-None-Match, Tus-Resumable, Upload-Length, Upload-Metadata, Upload-Offset, Upload-Checksum"
READ = "ETag, Location, Retry-After, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, Tus-Resumable, Upload-Offset, Upload-Expires"
REMEMBERED = 600  # seconds that a browser need not ask again


def is_question(request: HttpRequest) -> bool:
    """Whether a browser asks what a script of another page may do (a preflight)."""
    return request.method == "OPTIONS" and "HTTP_ORIGIN" in request.META and "HTTP_ACCESS_CONTROL_REQUEST_METHOD" in request.META


def answered(request: HttpRequest) -> HttpResponse:
    """What a script may do: all that its key may, where one of the keys that could be meant allows its origin, else nothing.

    The key itself comes only with the call that follows, which is checked against it.
    """
    answer = HttpResponse(status=204)
    patch_vary_headers(answer, ["Origin"])
    origin = request.META["HTTP_ORIGIN"]
    if origin_is_allowed(origin, meant(request)):
        answer["Access-Control-Allow-Origin"] = origin
        answer["Access-Control-Allow-Methods"] = METHODS
        answer["Access-Control-Allow-Headers"] = SENT
        answer["Access-Control-Max-Age"] = str(REMEMBERED)
    return answer


def meant(request: HttpRequest) -> QuerySet[Key]:
    """The keys that a call of this address can come with: those of its project, where the address names it."""
    try:
        ids = resolve(request.path_info).kwargs
    except Http404:
        return Key.objects.none()
    if "project_id" in ids:
        return Key.objects.filter(project=ids["project_id"])
    return Key.objects.filter(project__models=ids["model_id"]) if "model_id" in ids else Key.objects.all()


def open_to(origin: str, key: Key, answer: HttpResponse) -> None:
    """Let the script read the answer to its key."""
    if key.origins:
        patch_vary_headers(answer, ["Origin"])
    if key.allows(origin):
        answer["Access-Control-Allow-Origin"] = origin
        answer["Access-Control-Expose-Headers"] = READ
