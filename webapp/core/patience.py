"""How long one waits for a bucket or a database that hangs: work that can rest for longer than a person who looks at a page."""

import threading
from dataclasses import dataclass
from time import monotonic


@dataclass(frozen=True)
class Patience:
    """Of a bucket: seconds until somebody takes a call, and between two answers to it; how often it is made; for how long nobody is asked after one without an answer.

    greeting: seconds until a database server says that it is there.
    """

    connect: float
    read: float
    tries: int
    rest: float
    greeting: float

    @property
    def longest(self) -> float:
        """Seconds that one call takes at most where nobody answers: its tries and botocore's pauses between them."""
        return self.tries * self.read + (self.tries - 1)


WORK = Patience(connect=3, read=10, tries=3, rest=0, greeting=5)
PEOPLE = Patience(connect=3, read=5, tries=2, rest=5, greeting=1.5)  # with the one call that hangs, a page has its 503 within 15 seconds

_ours = [WORK]


def serve_people() -> None:
    """Said at the start of a process in which somebody waits for each answer."""
    _ours[0] = PEOPLE


def ours() -> Patience:
    """That of this process."""
    return _ours[0]


class Resting(Exception):
    """Nobody is asked now: a call has had no answer just before."""


class Fuse:
    """After a call without an answer the next ones fail at once; when the rest is over one call tries it, and when that is answered all go on."""

    def __init__(self, patience: Patience):
        self._patience, self._lock, self._rests_until = patience, threading.Lock(), 0.0

    def ask(self) -> None:
        """To be called before each call; raises Resting."""
        with self._lock:
            now = monotonic()
            if now < self._rests_until:
                raise Resting("it did not answer just before")
            if self._rests_until:
                self._rests_until = now + self._patience.longest  # this call tries it, for all

    def silent(self) -> None:
        if self._patience.rest:
            with self._lock:
                self._rests_until = monotonic() + self._patience.rest

    def answered(self) -> None:
        with self._lock:
            self._rests_until = 0.0
