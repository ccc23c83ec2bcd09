"""How long one waits for a bucket that hangs: work that can rest for longer than a person who looks at a page."""

import threading
from dataclasses import dataclass
from time import monotonic

from boto3.s3.transfer import TransferConfig
from botocore import exceptions
from botocore.config import Config
from s3transfer.exceptions import RetriesExceededError

LARGE_BYTES = 16 * 2**20  # pictures go in one request each; only what is larger goes in parts of this size, some beside one another
SILENCE = (exceptions.ConnectionError, exceptions.HTTPClientError)  # botocore's words for everything that is no answer


@dataclass(frozen=True)
class Patience:
    """Seconds until somebody takes a call, and between two answers to it; how often it is made; for how long nobody is asked after one without an answer."""

    connect: float
    read: float
    tries: int
    rest: float

    @property
    def longest(self) -> float:
        """Seconds that one call takes at most where nobody answers: its tries and botocore's pauses between them."""
        return self.tries * self.read + (self.tries - 1)

    def calls(self) -> Config:
        return Config(connect_timeout=self.connect, read_timeout=self.read, retries={"mode": "standard", "total_max_attempts": self.tries})

    def parts(self) -> TransferConfig:
        """A file that breaks off while it comes is begun anew as often; by itself s3transfer does so five times, each with all tries of a call."""
        again = 1 if self.rest else self.tries
        return TransferConfig(multipart_threshold=LARGE_BYTES, multipart_chunksize=LARGE_BYTES, max_concurrency=4, num_download_attempts=again)


WORK = Patience(connect=3, read=10, tries=3, rest=0)
PEOPLE = Patience(connect=3, read=5, tries=2, rest=5)  # with the one call that hangs, a page has its 503 within 15 seconds

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


def is_silence(error: BaseException) -> bool:
    """Whether S3 said nothing, or fell silent while it sent a file."""
    return isinstance(error.last_exception if isinstance(error, RetriesExceededError) else error, SILENCE)
