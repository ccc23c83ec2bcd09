"""People who go on asking while something is broken, and what they were answered."""

import time
from collections import Counter
from threading import Event, Thread
from typing import NamedTuple

import httpx

from fixtures import samples
from tests.rehearsal.journey import Journey

PAUSE = 0.15
AWAY = 503  # a sentence and when to come back


class Asked(NamedTuple):
    what: str  # a page, the API or a question
    status: int  # 0: no answer at all
    began: float
    seconds: float


class Stream:
    """Three at once, each one request after another: a page, the API, a question about a picture."""

    def __init__(self, journey: Journey):
        self.journey, self.asked, self._ended = journey, [], Event()
        picture = {"content": samples.jpeg(samples.LABELS[0], samples.HELD_OUT), "headers": {"Content-Type": "image/jpeg"}}
        ways = {
            "page": (journey.alice.http, "GET", journey.path(), {}),
            "api": (journey.program.http, "GET", f"/api/v1/projects/{journey.project}", {}),
            "question": (journey.program.http, "POST", f"/api/v1/projects/{journey.project}/predict", picture),
        }
        self._threads = [Thread(target=self._ask, args=(what, *way), name=what, daemon=True) for what, way in ways.items()]

    def __enter__(self) -> "Stream":
        for thread in self._threads:
            thread.start()
        time.sleep(0.5)
        return self

    def __exit__(self, *_exc) -> None:
        time.sleep(0.5)
        self._ended.set()
        for thread in self._threads:
            thread.join()

    def _ask(self, what: str, http: httpx.Client, method: str, path: str, more: dict) -> None:
        while not self._ended.wait(PAUSE):
            began = time.monotonic()
            try:
                status = http.request(method, path, **more).status_code
            except httpx.TransportError:
                status = 0
            self.asked.append(Asked(what, status, began, time.monotonic() - began))

    def failed(self, *allowed: int) -> list[Asked]:
        """What was answered neither with 200 nor with one of these."""
        return [one for one in self.asked if one.status not in (200, *allowed)]

    def said(self) -> str:
        """How many of each answer, and the slowest."""
        counts = Counter(one.status for one in self.asked)
        others = [f"{count} × {status or 'no answer'}" for status, count in sorted(counts.items()) if status != 200]
        return f"{len(self.asked)} asked, {', '.join(others) or 'none failed'}, slowest {max(one.seconds for one in self.asked):.1f} s"
