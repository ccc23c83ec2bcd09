"""A process of the rehearsal: started, asked to end, killed, asked whether it is well. It is touched by its own id only."""

import os
import signal
import subprocess
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from tests.source import ROOT
from tests.waiting import wait_for

READY_SECONDS = 90


class Process:
    """A command in a folder with a log of its own, and everything below it in one group. `is_well` asks it."""

    def __init__(self, name: str, command: list[str], environment: dict[str, str], log: Path, is_well: Callable[["Process"], bool], grace: float = 10):
        self.name, self.command, self.environment, self.log, self.grace = name, command, environment, log, grace
        self._is_well = is_well
        self.popen: subprocess.Popen | None = None

    def start(self) -> "Process":
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("a") as log:
            self.popen = subprocess.Popen(self.command, cwd=ROOT, env=self.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
        return self

    def start_and_wait(self) -> "Process":
        self.start()
        return self.wait()

    def wait(self) -> "Process":
        """Come back when it is well; fail with what it said when it ends or takes too long."""
        wait_for(lambda: self.is_well() or not self.runs(), READY_SECONDS, self.said)
        assert self.runs(), f"{self.name} has ended: {self.said()}"
        return self

    def runs(self) -> bool:
        return self.popen is not None and self.popen.poll() is None

    def is_well(self) -> bool:
        return self._is_well(self)

    def said(self) -> str:
        return self.log.read_text(errors="replace")[-4000:] if self.log.exists() else ""

    def ask_to_end(self) -> None:
        """What `docker stop` does: SIGTERM, and SIGKILL when that was not heard in time."""
        self.tell(signal.SIGTERM)
        try:
            self.popen.wait(self.grace)
        except subprocess.TimeoutExpired:
            self.kill()

    def tell(self, number: int) -> None:
        """A signal to the process alone."""
        self.popen.send_signal(number)

    def signal(self, number: int) -> None:
        """To the process and all below it."""
        with suppress(ProcessLookupError):
            os.killpg(self.popen.pid, number)

    def kill(self) -> None:
        """As if its machine had lost its power."""
        self.signal(signal.SIGKILL)
        self.popen.wait()
