"""The short way to an answer, for programs that ask many questions a second.

A network run leaves nothing of Python's code in the processor's caches, so that an answer takes as long as the code that is touched on the way is big. Here
a picture that comes as the body, with a token or a key, meets a tenth of the code: who may ask which model is looked up once a second, and then it is
predicted and said. Whatever is not as plain as that goes the long way, through `webapp.api.resources.models`, with the same answer.
"""

import io
import json
import logging
import re
import time
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID

from django.conf import settings
from django.core.handlers.wsgi import WSGIRequest
from django.db import Error, close_old_connections, connection
from django.http import JsonResponse
from django.http.request import split_domain_port, validate_host
from django.middleware.clickjacking import XFrameOptionsMiddleware
from django.middleware.security import SecurityMiddleware

from webapp.accounts.services import user_of_token
from webapp.api.auth import COUNTED, calls, limit_of
from webapp.api.middleware import NOTHING
from webapp.api.resources.models import askable, in_use, said
from webapp.api.resources.pictures import LARGEST
from webapp.core.errors import UserError
from webapp.core.headers import HeadersMiddleware
from webapp.core.meter import Allowance
from webapp.core.tracing import ROUTE
from webapp.keys.models import PREDICT, Key
from webapp.keys.services import is_key, key_of, person_of
from webapp.keys.usage import counts
from webapp.serving import services
from webapp.serving.models import Model

ADDRESS = re.compile(r"/api/v1/(models|projects)/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/predict")
KNOWN_SECONDS = 1.0  # after this who may ask is looked up again: a token that was revoked, or another published model, counts by then
MOST_KNOWN = 1000
TOP = 5
UNUSUAL = ("QUERY_STRING", "HTTP_ORIGIN", "HTTP_IDEMPOTENCY_KEY", "HTTP_COOKIE", "HTTP_TRANSFER_ENCODING")

log = logging.getLogger(__name__)
encode = json.JSONEncoder(separators=(",", ":")).encode


class Caller(NamedTuple):
    """Somebody who may ask a model: by what the calls are counted, how many there may be in a minute (0: any number), until when this is known, and what the address is called."""

    model: Model
    who: str
    limit: int
    key: Key | None
    until: float
    route: str


class ShortWay:
    """Answers plain questions by itself, and hands everything else to the application behind it."""

    def __init__(self, application: Callable):
        self.application = application
        self._callers: dict[tuple[str, str], Caller] = {}

    def __call__(self, environ: dict, start_response: Callable) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] == "POST" and is_plain(environ) and (caller := self._caller(environ["HTTP_AUTHORIZATION"], environ["PATH_INFO"])):
            body = answer(environ, caller, start_response)
            if body is not None:
                return [body]
        return self.application(environ, start_response)

    def _caller(self, authorization: str, path: str) -> Caller | None:
        """Who asks which model, as it was found within the last second or is now; None where there is anything to explain."""
        known = self._callers.get((authorization, path))
        if known and time.monotonic() < known.until:
            return known
        found = look_up(authorization, path)
        if len(self._callers) >= MOST_KNOWN:
            self._callers.clear()
        if found:
            self._callers[authorization, path] = found
        return found


def is_plain(environ: dict) -> bool:
    """Whether this is a picture of a known length, from a program, and nothing else."""
    return (
        environ.get("CONTENT_TYPE", "").startswith("image/")
        and environ.get("HTTP_AUTHORIZATION", "").startswith("Bearer ")
        and not any(environ.get(name) for name in UNUSUAL)
        and 0 < length(environ.get("CONTENT_LENGTH", "")) <= LARGEST
        and is_ours(environ.get("HTTP_HOST", ""))
    )


def length(said: str) -> int:
    return int(said) if said.isascii() and said.isdecimal() and len(said) < 10 else 0


@lru_cache(64)
def is_ours(host: str) -> bool:
    domain, _port = split_domain_port(host)
    return bool(domain) and validate_host(domain, settings.ALLOWED_HOSTS)


def look_up(authorization: str, path: str) -> Caller | None:
    """Who asks which model, by the gate; None when it is not found or the database does not answer: the long way says what is wrong."""
    match = ADDRESS.fullmatch(path)
    if not match:
        return None
    plain, until = authorization.removeprefix("Bearer ").strip(), time.monotonic() + KNOWN_SECONDS
    try:
        if not connection.in_atomic_block:  # a test's
            close_old_connections()
        key = key_of(plain) if is_key(plain) else None
        person = person_of(key) if key else user_of_token(plain)
        rows = askable if match[1] == "models" else in_use
        model = rows.first(person.id, UUID(match[2])) if person and (key is None or key.may(PREDICT)) else None
    except Error:
        return None
    if model is None or person.only_project not in (None, model.project_id):
        return None
    return Caller(model, str(key.id) if key else plain, limit_of(key), key, until, f"api:predict_by_{match[1][:-1]}")


def answer(environ: dict, caller: Caller, start_response: Callable) -> bytes | None:
    """The answer, begun and ready to be sent; None when the long way has to say why there is none. The picture is there for it to read again."""
    started = time.perf_counter()
    allowance = calls.use(caller.who, caller.limit) if caller.limit else None
    if caller.limit and allowance is None:
        return None
    data = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
    environ |= {"wsgi.input": io.BytesIO(data), COUNTED: allowance, ROUTE: caller.route}
    try:
        prediction = services.predict(model=caller.model, data=data, top=TOP, key=caller.key.name if caller.key else "")
    except UserError:
        return None
    except Exception:  # a model that was deleted within the second, the database or the store away: the long way looks again, and says what is wrong
        log.warning("the short way broke off", exc_info=True)
        return None
    body = encode(said(caller.model, prediction, started)).encode()
    start_response("200 OK", [*headers(environ["wsgi.url_scheme"], environ.get("HTTP_X_FORWARDED_PROTO", "")), *about(allowance), ("Content-Length", str(len(body)))])
    if caller.key:
        counts.count(caller.key.id, ms=1000 * (time.perf_counter() - started))
    return body


def about(allowance: Allowance | None) -> list[tuple[str, str]]:
    """How many calls are left, as headers."""
    return [(f"X-RateLimit-{name}", str(number)) for name, number in zip(("Limit", "Remaining", "Reset"), allowance, strict=True)] if allowance else []


@lru_cache(8)
def headers(scheme: str, forwarded: str) -> list[tuple[str, str]]:
    """What every answer to a program says besides, made once by what makes it on the long way."""
    respond = SecurityMiddleware(HeadersMiddleware(XFrameOptionsMiddleware(lambda request: JsonResponse({}, headers={"Content-Security-Policy": NOTHING}))))
    asked = {"REQUEST_METHOD": "POST", "PATH_INFO": "/", "wsgi.input": io.BytesIO(), "wsgi.url_scheme": scheme, "HTTP_X_FORWARDED_PROTO": forwarded}
    return list(respond(WSGIRequest(asked)).items())
