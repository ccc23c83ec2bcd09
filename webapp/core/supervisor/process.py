import os
import signal
import subprocess
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Thread

from webapp.core.supervisor.guard import MARK, clear

QUICK_SECONDS, QUICK_DEATHS = 10.0, 5  # a life shorter than this is a quick death; after so many in a row we give up
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 8.0
LAST_LINES = 15


class Process:
    """One supervised process with children of its own: started in its own session, its lines handed on, started again when it dies.

    `mark` is unique to it and inherited by all its descendants, so that none of them outlives a restart.
    """

    def __init__(self, name: str, command: list[str], environment: dict[str, str], mark: str, on_line: Callable[[str, str], None], log_file: Path | None = None):
        self.name, self.command, self.on_line, self.log_file = name, command, on_line, log_file
        self.mark = f"{mark}.{name}"
        self.environment = environment | {MARK: self.mark}
        self.lines: deque[str] = deque(maxlen=LAST_LINES)
        self.quick_deaths = 0
        self.popen: subprocess.Popen | None = None
        self.started = self.start_at = 0.0

    def start(self) -> int:
        """Start it and give its process group."""
        self.started = time.monotonic()
        self.popen = subprocess.Popen(
            self.command, env=self.environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True
        )
        Thread(target=self._hand_on, args=(self.popen.stdout,), name=f"lines of {self.name}", daemon=True).start()
        return self.popen.pid

    @property
    def is_running(self) -> bool:
        return self.popen is not None and self.popen.poll() is None

    @property
    def gives_up(self) -> bool:
        """It died too quickly too often to be worth another try."""
        return self.quick_deaths >= QUICK_DEATHS

    def last_lines(self) -> list[str]:
        """What it said last, to the terminal or to its file."""
        if self.log_file and self.log_file.exists():
            return self.log_file.read_text(errors="replace").splitlines()[-LAST_LINES:]
        return list(self.lines)

    def record_death(self) -> str:
        """Clear what it left behind, decide when it starts again, and say what happened."""
        code, group = self.popen.returncode, self.popen.pid
        clear(self.mark, {group})
        self.popen = None
        now = time.monotonic()
        self.quick_deaths = self.quick_deaths + 1 if now - self.started < QUICK_SECONDS else 0
        self.start_at = now + min(LONGEST_PAUSE, FIRST_PAUSE * 2**self.quick_deaths)
        how = f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with code {code}"
        return f"{self.name} {how}"

    def ask_to_stop(self) -> None:
        if self.is_running:
            with suppress(ProcessLookupError):
                os.kill(self.popen.pid, signal.SIGTERM)

    @property
    def is_gone(self) -> bool:
        """It has ended; what it left behind does nothing of use any more."""
        return not self.is_running

    def _hand_on(self, stream) -> None:
        for raw in stream:
            line = raw.decode(errors="replace").rstrip()
            self.lines.append(line)
            self.on_line(self.name, line)
