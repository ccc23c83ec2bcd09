"""How a call is made, whoever does the waiting.

A call is a generator: it yields what is to be done (a Request to send, or a Wait), is sent the Reply, and returns its result. It does no input or
output, so the same calls serve `Client` and `AsyncClient`; each of those only knows how to send and how to wait.
"""

import json
import random
import time
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, TypeVar

import httpx

from aimaker_client.errors import NotReached, refusal

AGAIN = (429, 503)
TRIES = 5
LONGEST_WAIT = 60.0  # seconds between two tries
File = tuple[str, bytes | Path]  # its name, and its content or where that is


@dataclass(frozen=True)
class Request:
    """What to send. `repeatable`: sending it twice does no harm, because it changes nothing or carries a key that makes it count once."""

    method: str
    path: str
    params: dict[str, Any] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    json: Any = None
    content: bytes | None = None
    form: dict[str, str] = field(default_factory=dict)
    files: list[tuple[str, File]] = field(default_factory=list)
    repeatable: bool = True


@dataclass(frozen=True)
class Wait:
    seconds: float


@dataclass(frozen=True)
class Reply:
    """What came back. The names of headers are in lower case."""

    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes = b""

    def json(self) -> Any:
        return json.loads(self.content) if self.content else None


T = TypeVar("T")
Step = Request | Wait
Call = Generator[Step, Reply, T]
Deed = Callable[..., Call[T]]


def patiently(call: Call[T], tries: int = TRIES) -> Call[T]:
    """The same call, whose requests are sent again when the server asks for patience (429, 503) or is not reached; refusals are raised as ApiError."""
    reply: Reply | None = None
    try:
        while True:
            step = call.send(reply) if reply else next(call)
            reply = (yield from sent(step, tries)) if isinstance(step, Request) else (yield step)
    except StopIteration as end:
        result: T = end.value
        return result


def sent(request: Request, tries: int) -> Call[Reply]:
    """The reply to a request after at most so many tries; raises ApiError or NotReached."""
    for number in range(1, tries + 1):
        try:
            reply = yield request
        except httpx.TransportError as error:
            never_sent = isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout)
            if number == tries or not (request.repeatable or never_sent):
                raise NotReached(f"The server was not reached: {error or type(error).__name__}") from error
            yield Wait(backoff(number))
            continue
        if reply.status not in AGAIN or number == tries:
            return checked(reply)
        yield Wait(asked_wait(reply, number))
    raise ValueError("at least one try")


def checked(reply: Reply) -> Reply:
    if reply.status < 400:
        return reply
    try:
        body = reply.json()
    except ValueError:
        body = None
    raise refusal(reply.status, body)


def asked_wait(reply: Reply, number: int) -> float:
    """Seconds to wait: what Retry-After says as a number or a date, else longer each time."""
    said = reply.headers.get("retry-after", "")
    if said.isascii() and said.isdigit():
        return min(float(said), LONGEST_WAIT)
    try:
        return min(max(parsedate_to_datetime(said).timestamp() - time.time(), 0.0), LONGEST_WAIT)
    except (TypeError, ValueError):
        return backoff(number)


def backoff(number: int) -> float:
    """Half a second, doubled each time, up to a half more by chance, so that many clients do not come back at once."""
    return float(min(0.5 * 2 ** (number - 1), LONGEST_WAIT) * random.uniform(1.0, 1.5))
