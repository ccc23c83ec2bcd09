"""Scripts of other pages: a browser lets them read an answer when their origin is one that the key allows. Cookies never count for them."""

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import ResolverMatch, resolve
from django.utils.cache import patch_vary_headers

from webapp.keys.models import Key

OPEN = {"api", "adapters"}  # namespaces of addresses that take keys
METHODS = "GET, HEAD, POST, PATCH, DELETE"
SENT = "Authorization, Prediction-Key, Content-Type, Idempotency-Key, If-None-Match, Tus-Resumable, Upload-Length, Upload-Metadata, Upload-Offset, Upload-Checksum"
READ = "ETag, Location, Retry-After, X-Request-ID, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, Server-Timing, Tus-Resumable, Upload-Offset, Upload-Expires"
REMEMBERED = 600  # seconds that a browser need not ask again


def is_question(request: HttpRequest) -> bool:
    """Whether a browser asks what a script of another page may do (a preflight)."""
    return request.method == "OPTIONS" and "HTTP_ORIGIN" in request.META and "HTTP_ACCESS_CONTROL_REQUEST_METHOD" in request.META


def answered(request: HttpRequest) -> HttpResponse | None:
    """What a script may send: the same to everybody, because what was said would tell strangers which pages have a key. None for pages, which no key opens.

    The key comes only with the call that follows, which is checked against it: a script of another page gets no answer to read. Cookies are never let in.
    """
    match = match_of(request)
    if not match or match.namespace not in OPEN:
        return None
    answer = HttpResponse(status=204)
    answer["Access-Control-Allow-Origin"] = "*"
    answer["Access-Control-Allow-Methods"] = METHODS
    answer["Access-Control-Allow-Headers"] = SENT
    answer["Access-Control-Max-Age"] = str(REMEMBERED)
    return answer


def match_of(request: HttpRequest) -> ResolverMatch | None:
    try:
        return resolve(request.path_info)
    except Http404:
        return None


def open_to(origin: str, key: Key, answer: HttpResponse) -> None:
    """Let the script read the answer to its key."""
    if key.origins:
        patch_vary_headers(answer, ["Origin"])
    if key.allows(origin):
        answer["Access-Control-Allow-Origin"] = origin
        answer["Access-Control-Expose-Headers"] = READ
