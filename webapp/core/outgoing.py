"""THE door to the network: every request that this project sends to somebody else's address goes through `fetch`.

The host is looked up once, every address that comes back must be public, and the socket is connected to a checked address before any HTTP is
spoken; a name that changes its mind in between changes nothing. What goes wrong is logged in detail and told in one sentence, so that nobody
can use us to find out what answers inside our network. Rules: `outgoing_rules.py`.
"""

import logging
import os
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from functools import cache
from http.client import HTTPConnection, HTTPException, HTTPMessage, HTTPResponse
from threading import Lock, Timer
from urllib.parse import urljoin

import certifi
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from webapp.core.outgoing_rules import Target, Unfit, addresses, parse

LOOK_UP_SECONDS, CONNECT_SECONDS, READ_SECONDS = 5.0, 5.0, 10.0
MOST_TRIED = 4  # addresses of one host
REDIRECTS = 3
LONGEST_PAUSE = 24 * 3600  # seconds that a host can ask for
REDIRECT = {301, 302, 303, 307, 308}
BLOCK = 64 * 1024
NEUTRAL = _("This address could not be fetched. It must be a public web address that answers soon, with something that is not too large.")

log = logging.getLogger(__name__)


class OutgoingError(Exception):
    """Nothing could be fetched. The message is the same whatever the reason; `permanent` says that trying again will not help."""

    def __init__(self, message: str, permanent: bool):
        super().__init__(message)
        self.message, self.permanent = message, permanent

    def __str__(self) -> str:
        return str(self.message)


@dataclass(frozen=True)
class Response:
    """What came back, whatever its status. `headers` knows no upper and lower case; `url` is the last one after redirects."""

    status: int
    headers: HTTPMessage
    content: bytes
    url: str

    @property
    def is_throttled(self) -> bool:
        """Whether the host wants to be asked again later."""
        return self.status == 429 or (self.status == 503 and bool(self.headers.get("Retry-After")))


def fetch(
    url: str, *, headers: dict | None = None, params: dict | None = None, limit_bytes: int, timeout: float = 30.0, accept: str | None = None
) -> Response:
    """GET a public address, with at most `limit_bytes` of body within `timeout` seconds in all. Raises OutgoingError."""
    with told_neutrally(), Deadline(timeout) as deadline:
        return follow(parse(url, params), (headers or {}) | ({"Accept": accept} if accept else {}), limit_bytes, deadline)


def head(url: str, *, timeout: float = 30.0) -> Response:
    """What a public address says of itself without its body; that it is redirected to another host is said, and not followed. Raises OutgoingError."""
    with told_neutrally(), Deadline(timeout) as deadline:
        return follow(parse(url), {}, 0, deadline, method="HEAD")


@contextmanager
def told_neutrally() -> Iterator[None]:
    """Whatever goes wrong becomes an OutgoingError, which says no more than that; the log says what it was."""
    try:
        yield
    except Unfit as error:
        log.info("not fetched: %s", error)
        raise OutgoingError(NEUTRAL, permanent=True) from None
    except (OSError, HTTPException, ValueError) as error:
        log.info("could not be fetched: %r", error)
        raise OutgoingError(NEUTRAL, permanent=False) from None


def retry_after(response: Response, default: float) -> float:
    """Seconds, from 0 to a day, that a Retry-After header asks for as a number or as a date (RFC 9110, 10.2.3); `default` where it says neither."""
    text = (response.headers.get("Retry-After") or "").strip()
    if text.isascii() and text.isdigit() and len(text) < 9:
        return float(min(int(text), LONGEST_PAUSE))
    try:
        moment = parsedate_to_datetime(text)
        seconds = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() - time.time()
    except (TypeError, ValueError, OverflowError):
        return default
    return min(max(seconds, 0.0), LONGEST_PAUSE)


def user_agent() -> str:
    """Who we are and whom to write to, as search services ask for it."""
    contact = settings.COLLECT_CONTACT.encode("ascii", "ignore").decode()
    return f"AIMaker/1.0 ({contact or 'no contact given'}) python-http.client"


def follow(target: Target, headers: dict, limit_bytes: int, deadline: "Deadline", method: str = "GET") -> Response:
    """The answer at the end of at most three redirects, each checked like the first address; HEAD stays with the first host."""
    for _hop in range(REDIRECTS + 1):
        answer = exchange(target, headers, limit_bytes, deadline, method)
        location = answer.headers.get("Location")
        if answer.status not in REDIRECT or not location:
            return answer
        onward = parse(urljoin(target.url, location))
        if (target.scheme, onward.scheme) == ("https", "http"):
            raise Unfit("a redirect from https to http")
        if (onward.host, onward.port) != (target.host, target.port):
            if method == "HEAD":
                return answer
            headers = {name: value for name, value in headers.items() if name == "Accept"}  # keys are for the first host alone
        target = onward
    raise Unfit("too many redirects")


def exchange(target: Target, headers: dict, limit_bytes: int, deadline: "Deadline", method: str) -> Response:
    """One request and its answer; of a redirect and of HEAD only the headers. Raises OSError, HTTPException, ValueError."""
    sent = headers | {"Host": target.authority, "User-Agent": user_agent(), "Accept-Encoding": "identity", "Connection": "close"}
    with connected(target, deadline) as line:
        http = HTTPConnection(target.host, target.port)
        http.sock = line  # connected and checked: it never looks anything up itself
        http.request(method, target.path, headers=sent)
        with closing(http.getresponse()) as answer:
            content = b"" if answer.status in REDIRECT or method == "HEAD" else read(answer, limit_bytes, deadline)
            return Response(answer.status, answer.headers, content, target.url)


def read(answer: HTTPResponse, limit_bytes: int, deadline: "Deadline") -> bytes:
    """The body, counted while it comes; raises Unfit when it is too large or packed, OSError when it ends early or late."""
    if answer.headers.get("Content-Encoding", "identity").strip().lower() not in ("identity", ""):
        raise Unfit("packed although we asked for it as it is")
    announced = answer.length  # None when it comes in chunks or to the end of the connection
    if announced is not None and announced > limit_bytes:
        raise Unfit("too large")
    body = bytearray()
    while block := answer.read(min(BLOCK, limit_bytes + 1 - len(body))):
        body += block
        if len(body) > limit_bytes:
            raise Unfit("too large")
    deadline.left()
    if announced is not None and len(body) < announced:
        raise OSError("the answer ended early")
    return bytes(body)


@contextmanager
def connected(target: Target, deadline: "Deadline") -> Iterator[socket.socket]:
    """A socket to the target, over TLS for https."""
    with reach(target, deadline) as plain:
        deadline.watch(plain)
        plain.settimeout(min(READ_SECONDS, deadline.left()))
        if target.scheme == "http":
            yield plain
        else:
            with tls().wrap_socket(plain, server_hostname=target.host) as secure:
                yield secure


def reach(target: Target, deadline: "Deadline") -> socket.socket:
    """A socket connected to the first checked address that answers; together they have CONNECT_SECONDS for it."""
    failure = OSError("no address")
    found = addresses(target, min(LOOK_UP_SECONDS, deadline.left()))[:MOST_TRIED]
    for address in found:
        try:
            line = socket.create_connection((address, target.port), min(CONNECT_SECONDS / len(found), deadline.left()))
        except OSError as error:
            failure = error
            continue
        if line.getpeername()[0] == address:
            return line
        line.close()
        raise Unfit("connected to somewhere else")
    raise failure


@cache
def tls() -> ssl.SSLContext:
    """Certificates are checked, with the authorities of this machine and those of certifi: small images have none of their own."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context


class Deadline:
    """Cuts the connection when time is up: timeouts of sockets count from byte to byte, and a server may send one each second for ever."""

    def __init__(self, seconds: float):
        self._end = time.monotonic() + seconds
        self._lock, self._watched = Lock(), []
        self._timer = Timer(seconds, self._cut)
        self._timer.daemon = True

    def __enter__(self) -> "Deadline":
        self._timer.start()
        return self

    def __exit__(self, *_exc) -> None:
        self._timer.cancel()
        with self._lock:
            for line in self._watched:
                line.close()

    def left(self) -> float:
        """Seconds left; raises TimeoutError when there are none."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError("out of time")
        return left

    def watch(self, line: socket.socket) -> None:
        """Cut this connection too. A copy of its descriptor is kept: TLS takes the socket itself over."""
        with self._lock:
            self._watched.append(socket.socket(line.family, line.type, fileno=os.dup(line.fileno())))

    def _cut(self) -> None:
        with self._lock:
            for line in self._watched:
                _shut(line)


def _shut(line: socket.socket) -> None:
    try:
        line.shutdown(socket.SHUT_RDWR)
    except OSError as error:
        log.debug("already gone: %s", error)
