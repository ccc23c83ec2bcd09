"""Calls in a minute, counted in memory that all processes of a machine share: a row of the database for each call would cost more than the call."""

import logging
import mmap
import struct
import time
from hashlib import blake2b
from pathlib import Path
from threading import Lock
from typing import NamedTuple

MINUTE = 60
PLACES, TRIES = 16_384, 8
PLACE = struct.Struct("<8sII")  # who, in which minute, how many calls
SIZE = PLACES * PLACE.size

log = logging.getLogger(__name__)


class Allowance(NamedTuple):
    """How many calls somebody has in this minute, how many are left of them, and in how many seconds the next minute begins."""

    limit: int
    remaining: int
    reset: int


class Meter:
    """Counts uses by whom, a minute at a time, in a file that every process maps into its memory.

    Nothing waits for another process, not even for one that is frozen; the price is that two processes which count the same caller within the same
    microsecond may count one call. Without a path, or where there can be no file (the disk is full), a process counts for itself.
    """

    def __init__(self, path: Path | None = None):
        self.path, self._lock, self._board = path, Lock(), None

    def use(self, who: str, limit: int) -> Allowance | None:
        """Count one use; None when that is more than `limit` in this minute."""
        now = int(time.time())
        used = self._count(blake2b(who.encode("utf-8", "surrogatepass"), digest_size=8).digest(), now // MINUTE)
        return Allowance(limit, limit - used, left(now)) if used <= limit else None

    def over(self, who: object, limit: int) -> bool:
        """Count one use; true when that is more than `limit` in this minute."""
        return self.use(str(who), limit) is None

    def _count(self, mark: bytes, minute: int) -> int:
        """One more for the caller with this mark; how many that makes in this minute."""
        with self._lock:
            board = self._board or self._open()
            first, used = int.from_bytes(mark[:4], "little"), 0
            for number in range(TRIES):
                place = (first + number) % PLACES * PLACE.size
                known, when, count = PLACE.unpack_from(board, place)
                if when != minute or known == mark:  # nobody's in this minute, or ours
                    used = count if when == minute else 0
                    break
            PLACE.pack_into(board, place, mark, minute, used + 1)  # where all places are taken, the last one starts anew
            return used + 1

    def _open(self) -> mmap.mmap:
        try:
            self._board = shared(self.path) if self.path else mmap.mmap(-1, SIZE)
        except OSError as error:
            log.warning("calls are counted in this process alone: %s", error)
            self._board = mmap.mmap(-1, SIZE)
        return self._board


def shared(path: Path) -> mmap.mmap:
    """The file in memory, made where it is not there yet. Written in full: a mapped file must never find that the disk is full."""
    with path.open("a+b") as file:
        if missing := SIZE - path.stat().st_size:
            file.write(bytes(max(0, missing)))
            file.flush()
        return mmap.mmap(file.fileno(), SIZE)


def left(now: int) -> int:
    """Seconds until the next minute."""
    return MINUTE - now % MINUTE
