"""Fetching many pictures at once, with few connections to each host, and without ever waiting for one of them."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import Thread
from urllib.parse import urlsplit

from webapp.collect.providers.base import Hit, Provider
from webapp.core import outgoing
from webapp.core.outgoing import OutgoingError
from webapp.images.guard import MAX_BYTES, kind

AT_ONCE, PER_HOST = 8, 2
SECONDS = 15.0


@dataclass
class Download:
    """A hit of a provider on its way. `content` is empty when no address gave anything."""

    provider: Provider
    hit: Hit
    content: bytes = b""

    @property
    def host(self) -> str:
        return urlsplit(next(iter(self.provider.addresses(self.hit)), "")).netloc

    def fetch(self) -> None:
        """Take the first address that gives a JPEG or PNG; failing that whatever came last, so that the report can say what it was."""
        for address in self.provider.addresses(self.hit):
            self.content = content_of(address) or self.content
            if kind(self.content[:512]) in ("jpeg", "png"):
                return


def content_of(address: str) -> bytes:
    """What is there, or nothing."""
    try:
        response = outgoing.fetch(address, limit_bytes=MAX_BYTES, timeout=SECONDS, accept="image/jpeg, image/png;q=0.9, */*;q=0.1")
    except OutgoingError:
        return b""
    return response.content if response.status == 200 else b""


class Downloads:
    """Downloads of one collection. Used by one thread; the fetching threads hold nothing that must be put away, so they may be left behind."""

    def __init__(self) -> None:
        self._waiting: list[Download] = []
        self._busy: Counter = Counter()
        self._done: SimpleQueue[Download] = SimpleQueue()
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
            return None
        self._busy[download.host] -= 1
        self.count -= 1
        self._start()
        return download

    def _start(self) -> None:
        for download in list(self._waiting):
            if self._busy.total() < AT_ONCE and self._busy[download.host] < PER_HOST:
                self._waiting.remove(download)
                self._busy[download.host] += 1
                Thread(target=self._fetch, args=(download,), name="download", daemon=True).start()

    def _fetch(self, download: Download) -> None:
        try:
            download.fetch()
        finally:
            self._done.put(download)


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
