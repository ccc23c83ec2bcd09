"""Pictures at addresses that somebody listed: fetched a few at a time, and given on in the order of the list."""

import base64
import binascii
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from threading import BoundedSemaphore, Lock
from urllib.parse import urlsplit

from webapp.core import outgoing
from webapp.core.outgoing import OutgoingError
from webapp.images.guard import ACCEPT, MAX_BYTES, Refused, check_kind

AT_ONCE, PER_HOST = 6, 2
MOST_ADDRESSES = 5000  # of one upload
SECONDS = 15.0
TRIES = 2
LOOK_SECONDS = 0.25


class Hosts:
    """Lets at most PER_HOST requests go to one host at a time."""

    def __init__(self) -> None:
        self._lock, self._open = Lock(), defaultdict(lambda: BoundedSemaphore(PER_HOST))

    def turn(self, url: str) -> BoundedSemaphore:
        with self._lock:
            return self._open[host(url)]


def host(url: str) -> str:
    try:
        return urlsplit(url).netloc.lower()
    except ValueError:
        return ""


def fetch(url: str, hosts: Hosts) -> bytes:
    """The picture at an address; raises Refused."""
    with hosts.turn(url):
        content = answer(url)
    check_kind(content)
    return content


def answer(url: str) -> bytes:
    """What is at an address, asked for a second time when the first one may have been bad luck; raises Refused."""
    for _attempt in range(TRIES):
        try:
            response = outgoing.fetch(url, limit_bytes=MAX_BYTES, timeout=SECONDS, accept=ACCEPT)
        except OutgoingError as error:
            if error.permanent:
                break
            continue
        if response.status == 200:
            return response.content
        if response.status < 500:
            break
    raise Refused("unreachable")


def fetched(urls: Iterable[str], check: Callable[[], None]) -> Iterator[bytes | Refused]:
    """For each address its picture, or why there is none. `check` is called a few times a second and may raise to stop."""
    hosts, under_way = Hosts(), deque()
    pool = ThreadPoolExecutor(AT_ONCE, "addresses")
    try:
        for url in urls:
            under_way.append(pool.submit(fetch, url, hosts))
            while len(under_way) >= 2 * AT_ONCE:
                yield outcome(under_way.popleft(), check)
        while under_way:
            yield outcome(under_way.popleft(), check)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)  # what is still being fetched is let go


def outcome(future: Future, check: Callable[[], None]) -> bytes | Refused:
    while True:
        check()
        try:
            return future.result(timeout=LOOK_SECONDS)
        except NotYet:
            continue
        except Refused as refused:
            return refused


def embedded(address: str) -> bytes:
    """The picture in a data URL (RFC 2397); raises Refused."""
    head, comma, body = address.partition(",")
    if not comma or not head.endswith(";base64"):
        raise Refused("damaged")
    if len(body) > 2 * MAX_BYTES:
        raise Refused("file_too_big")
    try:
        return base64.b64decode(body, validate=False)
    except (binascii.Error, ValueError):
        raise Refused("damaged") from None
