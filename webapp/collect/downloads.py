"""Fetching many pictures at once, with few connections to each host, no more often than is allowed, and without ever waiting for one of them."""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import Thread
from urllib.parse import urlsplit

from webapp.collect import buckets
from webapp.collect.buckets import Wait
from webapp.collect.providers.base import Hit, Provider, Throttled
from webapp.core.outgoing import OutgoingError
from webapp.images.guard import MAX_BYTES, PICTURES, kind

AT_ONCE, PER_HOST = 8, 2
SECONDS = 15.0
MOST_PAUSES = 2  # times that a picture is asked for again after a pause


@dataclass
class Download:
    """A hit of a provider on its way. `content` is empty when no address gave anything; `pause` is how many seconds the provider then asked to wait."""

    provider: Provider
    hit: Hit
    content: bytes = b""
    pause: float = 0.0
    pauses: int = 0

    @property
    def host(self) -> str:
        """The host that is asked first."""
        return host_of(next(iter(self.provider.addresses(self.hit)), ""))

    def fetch(self) -> None:
        """Take the first address that gives a picture of a kind that is taken; failing that whatever came last, so that the report can say what it was."""
        for address in self.provider.addresses(self.hit):
            self.content = self.content_of(address) or self.content
            if kind(self.content[:512]) in PICTURES:
                return

    def content_of(self, address: str) -> bytes:
        """What is there, or nothing."""
        try:
            return self.provider.picture(address, limit_bytes=MAX_BYTES, timeout=SECONDS)
        except Throttled as throttled:
            # Only the host of thumbnails is the provider's: originals, and what is redirected to, lie anywhere, and a stranger pauses nobody.
            if host_of(throttled.url) == host_of(self.hit.thumb_url):
                self.pause = throttled.seconds
        except OutgoingError:
            pass  # the door has logged why
        return b""


class Downloads:
    """Downloads of one collection. Used by one thread; the fetching threads hold nothing that must be put away, so they may be left behind.

    `on_wait` hears of a provider that allows no more pictures for now.
    """

    def __init__(self, on_wait: Callable[[Provider, Wait], None]) -> None:
        self._waiting: list[Download] = []
        self._busy: Counter = Counter()
        self._done: SimpleQueue[Download] = SimpleQueue()
        self._not_before: dict[str, float] = {}
        self._on_wait = on_wait
        self.count = 0  # added and not yet taken

    def add(self, download: Download) -> None:
        self.count += 1
        self._waiting.append(download)
        self._start()

    def take(self, seconds: float) -> Download | None:
        """A finished download, or None when none finishes in time."""
        try:
            download = self._done.get(timeout=seconds)
        except Empty:
            self._start()
            return None
        self._busy[download.host] -= 1
        again = self._again(download)
        self.count -= not again
        self._start()
        return None if again else download

    def drop(self, provider: Provider) -> None:
        """Fetch nothing more of a provider; what was waiting is finished without content."""
        for download in [download for download in self._waiting if download.provider is provider]:
            self._waiting.remove(download)
            self._busy[download.host] += 1
            self._done.put(download)

    def _start(self) -> None:
        for download in list(self._waiting):
            if self._busy.total() < AT_ONCE and self._busy[download.host] < PER_HOST and self._may_fetch(download.provider):
                self._waiting.remove(download)
                self._busy[download.host] += 1
                Thread(target=self._fetch, args=(download,), name="download", daemon=True).start()

    def _may_fetch(self, provider: Provider) -> bool:
        """Whether a picture may be fetched through a provider now; takes a token for it."""
        if time.monotonic() < self._not_before.get(provider.name, 0.0):
            return False
        wait = buckets.take(bucket_of(provider), provider.picture_limits) if provider.picture_limits else None
        if wait:
            self._hold(provider, wait)
        return wait is None

    def _hold(self, provider: Provider, wait: Wait) -> None:
        self._not_before[provider.name] = time.monotonic() + wait.seconds
        self._on_wait(provider, wait)

    def _again(self, download: Download) -> bool:
        """Put a download back when its provider has only asked for a pause, which then is one for all workers."""
        pause, download.pause = download.pause, 0.0
        if not pause or not download.provider.picture_limits:
            return False
        again = not download.content and download.pauses < MOST_PAUSES
        if again:
            download.pauses += 1
            self._waiting.insert(0, download)
        self._hold(download.provider, buckets.block(bucket_of(download.provider), pause))
        return again

    def _fetch(self, download: Download) -> None:
        try:
            download.fetch()
        finally:
            self._done.put(download)


def host_of(address: str) -> str:
    """Host and port of an address; nothing where it is none, which the door will say."""
    try:
        return urlsplit(address).netloc.lower()
    except ValueError:
        return ""


def bucket_of(provider: Provider) -> str:
    """The name of the bucket for pictures: a service counts them apart from searches."""
    return f"{provider.name}:pictures"


class Background:
    """A call in a thread of its own, for a caller that wants to look up now and then while it waits."""

    def __init__(self, call: Callable):
        self._done: SimpleQueue = SimpleQueue()
        Thread(target=self._run, args=(call,), name="search", daemon=True).start()

    def result(self, meanwhile: Callable[[], None], every: float = 0.25):
        """What the call returns or raises; `meanwhile` is called again and again until then, and may raise."""
        while True:
            meanwhile()
            try:
                value, error = self._done.get(timeout=every)
            except Empty:
                continue
            if error:
                raise error
            return value

    def _run(self, call: Callable) -> None:
        try:
            self._done.put((call(), None))
        except Exception as error:  # handed to whoever waits for the result
            self._done.put((None, error))
