"""A real `manage.py up` on ports and a folder of its own."""

import http.client
import json
import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from tests import databases
from tests.furniture import furnish
from tests.source import ROOT
from tests.waiting import free_ports, wait_for

READY_SECONDS = 60


class Machine:
    """`manage.py up` with everything it starts. `port`, `data` and `lines` are its; `variables` go into its environment."""

    def __init__(self, data: Path, **variables: str):
        self.data = data
        self.port, self.live_port = free_ports()
        own = {"AIMAKER_DATA": str(data), "STATIC_ROOT": str(data / "static"), "PORT": str(self.port), "LIVE_PORT": str(self.live_port), "SPARE_CHILD": "0"}  # many of these run beside one another
        self.environment = {name: value for name, value in os.environ.items() if name != "STATIC_HASHES"} | own | databases.own(data) | variables
        self.log = data / "up.log"
        self.process: subprocess.Popen | None = None

    def furnished(self) -> "Machine":
        """As if it had started before: its first start need not make what every first start makes."""
        self.environment |= furnish(self.data)
        return self

    def start(self) -> "Machine":
        self.data.mkdir(parents=True, exist_ok=True)
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "up"], cwd=ROOT, env=self.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        return self

    def start_and_wait(self) -> "Machine":
        """Start, and come back when it says that it is ready."""
        self.start()
        wait_for(lambda: "AI Maker is ready" in self.said() or self.process.poll() is not None, READY_SECONDS, self.said)
        assert self.process.poll() is None, self.said()
        return self

    def said(self) -> str:
        return self.log.read_text(errors="replace")

    def run_another(self, **variables: str) -> subprocess.CompletedProcess:
        """A second `manage.py up` beside this one, which should end by itself."""
        return subprocess.run(
            [sys.executable, "manage.py", "up"], cwd=ROOT, env=self.environment | variables, capture_output=True, text=True, timeout=60
        )

    def readyz(self) -> tuple[int, dict]:
        """Status and answer; 0 when nothing listens."""
        asked = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            asked.request("GET", "/readyz")
            answer = asked.getresponse()
            return answer.status, json.loads(answer.read())
        except OSError:
            return 0, {}
        finally:
            asked.close()

    def processes(self, word: str = "") -> list[int]:
        """Ids of all processes that work on this data folder and have the word in their command."""
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                ours = f"AIMAKER_DATA={self.data}".encode() in (folder / "environ").read_bytes().split(b"\0")
                command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                ours = ours or f"{self.data}/" in command
                if ours and command and word in command and int(folder.name) != os.getpid():
                    found.append(int(folder.name))
        return found

    def interrupt(self) -> int:
        """What Ctrl-C does; gives the exit code."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(timeout=15)

    def end(self) -> None:
        """Leave nothing behind, whatever a test did."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(timeout=15)
        for pid in self.processes():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        if self.process:
            self.process.wait(timeout=5)
