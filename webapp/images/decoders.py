"""The parent of the processes that decode pictures: starts them, hands out pictures, replaces those that hang or die."""

import logging
import math
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from queue import SimpleQueue
from threading import Event, Lock, Thread, Timer

from django.conf import settings

from webapp.images.child import read_frame, unpack, write_frame
from webapp.images.guard import Prepared, Refused, check_kind

IDLE_SECONDS = 20.0  # how long children wait for more: browsers send many files as several uploads
WALL_SECONDS = 20  # twice what it may compute, because training may need the same cores
LOOK_SECONDS = 0.25
COUNT = max(1, min(4, os.cpu_count() or 1))
_COMMAND = [sys.executable, "-m", "webapp.images.child"]
_ENVIRONMENT = {"PATH": os.defpath, "OPENBLAS_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"}  # no secret of ours is in there

log = logging.getLogger(__name__)


class Decoder:
    """One child process."""

    def __init__(self) -> None:
        self._process: subprocess.Popen | None = None
        self._ended = False
        self._deadline = math.inf

    def decode(self, content: bytes) -> Prepared:
        """What is kept of a picture. Raises Refused, also when the picture hangs or kills the child; the next one gets a new child."""
        process = self._running()
        self._deadline = time.monotonic() + WALL_SECONDS
        try:
            write_frame(process.stdin, content)
            return unpack(read_frame(process.stdout))
        except (OSError, EOFError, ValueError, TypeError, KeyError, IndexError):  # it died, or a picture made it talk nonsense
            raise Refused(self._why_it_died()) from None
        finally:
            self._deadline = math.inf

    def start(self) -> None:
        self._process = subprocess.Popen(
            _COMMAND,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            pipesize=1 << 20,  # a picture's pixels in one go
            env=_ENVIRONMENT,
            cwd=settings.BASE_DIR,
        )

    def pid(self) -> int | None:
        """The process id of the child, or None when there is none alive."""
        return self._process.pid if self._process and self._process.poll() is None else None

    def kill(self) -> None:
        """End the child, also while a thread waits for its answer; it has nothing to lose."""
        self._ended = True
        if self._process:
            self._process.kill()

    def kill_if_late(self) -> None:
        """End a child that has worked on one picture for too long."""
        if time.monotonic() > self._deadline:
            self._process.kill()

    def clear(self) -> None:
        """Close what is left of an ended child."""
        if self._process:
            self._process.communicate()
            self._process = None

    def _running(self) -> subprocess.Popen:
        if self._ended:
            raise Refused("decoder_died")  # nobody waits for this answer any more
        if self._process is None or self._process.poll() is not None:
            self.clear()
            self.start()
        return self._process

    def _why_it_died(self) -> str:
        try:
            code = self._process.wait(timeout=1)
        except subprocess.TimeoutExpired:
            self._process.kill()
            code = self._process.wait()
        log.warning("a decoder ended with %s", code)
        return "took_too_long" if code in (-signal.SIGPROF, -signal.SIGKILL) else "decoder_died"


class Decoders:
    """The children of this process: they start with the first batch of pictures and end a while after the last one."""

    def __init__(self, count: int = COUNT, idle: float = IDLE_SECONDS) -> None:
        self._count, self._idle = count, idle
        self._lock = Lock()
        self._users = 0
        self._uses = 0
        self._all: list[Decoder] = []
        self._free: SimpleQueue[Decoder] = SimpleQueue()
        self._threads: ThreadPoolExecutor | None = None

    @contextmanager
    def ready(self) -> Iterator["Decoders"]:
        """Keep the children while a block works with them."""
        with self._lock:
            self._users += 1
            self._uses += 1
            if not self._all:
                self._open()
        try:
            yield self
        finally:
            with self._lock:
                self._users -= 1
                if not self._users:
                    self._close_later()

    def pids(self) -> set[int]:
        """Process ids of the children that are alive."""
        return {pid for decoder in self._all if (pid := decoder.pid())}

    def submit(self, content: bytes) -> Future:
        """Decode in the background; the future gives Prepared or raises Refused. What is plainly no picture never reaches a child."""
        return self._threads.submit(self._decode, content)

    def _open(self) -> None:
        self._threads = ThreadPoolExecutor(self._count, thread_name_prefix="decode")
        self._all = [Decoder() for _ in range(self._count)]
        for decoder in self._all:
            decoder.start()
            self._free.put(decoder)
        self._closed = Event()
        Thread(target=self._watch, args=[self._all, self._closed], name="decoders", daemon=True).start()

    def _watch(self, all_of_them: list[Decoder], closed: Event) -> None:
        # One thread for all pictures: a timer for each costs a tenth of the whole intake.
        while not closed.wait(LOOK_SECONDS):
            for decoder in all_of_them:
                decoder.kill_if_late()

    def _close_later(self) -> None:
        timer = Timer(self._idle, self._close_unless_used, [self._uses])
        timer.daemon = True  # the children of a process that ends see the end of their input
        timer.start()

    def _close_unless_used(self, uses: int) -> None:
        with self._lock:
            if uses == self._uses:
                self._close()

    def _close(self) -> None:
        self._closed.set()
        self._threads.shutdown(wait=False, cancel_futures=True)
        for decoder in self._all:
            decoder.kill()
        self._threads.shutdown()
        for decoder in self._all:
            decoder.clear()
        self._all, self._free = [], SimpleQueue()

    def _decode(self, content: bytes) -> Prepared:
        check_kind(content)
        decoder = self._free.get()
        try:
            return decoder.decode(content)
        finally:
            self._free.put(decoder)


decoders = Decoders()
