"""Pictures at addresses that somebody listed: fetched a few at a time, and given on in the order of the list."""

import base64
import binascii
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from math import inf
from threading import BoundedSemaphore, Event, Lock
from urllib.parse import urlsplit

from webapp.core import outgoing
from webapp.core.outgoing import OutgoingError, retry_after
from webapp.images.guard import ACCEPT, MAX_BYTES, Refused, check_kind

AT_ONCE, PER_HOST = 6, 2
MOST_ADDRESSES = 5000  # of one upload
SECONDS = 15.0
TRIES = 2
LONGEST_PAUSE, MOST_PAUSED = 60.0, 300.0  # seconds that a host may ask for at once, and in all
LOOK_SECONDS = 0.25


class Hosts:
    """Lets at most PER_HOST requests go to one host at a time, and none while it wants to be left alone."""

    def __init__(self) -> None:
        self._lock, self._open = Lock(), defaultdict(lambda: BoundedSemaphore(PER_HOST))
        self._not_before, self._paused = defaultdict(float), defaultdict(float)
        self.stopped = Event()

    def turn(self, url: str) -> BoundedSemaphore:
        with self._lock:
            return self._open[host(url)]

    def pause(self, url: str, seconds: float) -> None:
        """Leave a host alone for a while; raises Refused when that is too long to wait for."""
        name, now = host(url), time.monotonic()
        with self._lock:
            more = max(0.0, now + seconds - max(now, self._not_before[name]))  # two requests may be told of the same pause
            if seconds > LONGEST_PAUSE or self._paused[name] + more > MOST_PAUSED:
                raise Refused("unreachable")
            self._paused[name] += more
            self._not_before[name] = max(self._not_before[name], now + seconds)

    def wait(self, url: str) -> None:
        """Wait while a host is to be left alone; raises Refused when nobody wants an answer any more."""
        with self._lock:
            seconds = self._not_before[host(url)] - time.monotonic()
        if self.stopped.wait(max(seconds, 0.0)):
            raise Refused("unreachable")


def host(url: str) -> str:
    try:
        return urlsplit(url).netloc.lower()
    except ValueError:
        return ""


def fetch(url: str, hosts: Hosts) -> bytes:
    """The picture at an address; raises Refused."""
    with hosts.turn(url):
        content = answer(url, hosts)
    check_kind(content)
    return content


def answer(url: str, hosts: Hosts) -> bytes:
    """What is at an address, asked for a second time when the first one may have been bad luck or was too soon; raises Refused."""
    for _attempt in range(TRIES):
        hosts.wait(url)
        try:
            response = outgoing.fetch(url, limit_bytes=MAX_BYTES, timeout=SECONDS, accept=ACCEPT)
        except OutgoingError as error:
            if error.permanent:
                break
            continue
        if response.status == 200:
            return response.content
        if response.is_throttled:
            hosts.pause(url, retry_after(response, inf))
        elif response.status < 500:
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
        hosts.stopped.set()
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
