import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path
from threading import Thread
from typing import TextIO

from webapp.core.supervisor import guard, readiness
from webapp.core.supervisor.process import Process
from webapp.core.supervisor.terminal import Terminal

LOOK_SECONDS, ASK_SECONDS = 0.1, 0.2
STOP_SECONDS, REDIS_STOP_SECONDS = 7.0, 1.5
REMIND_SECONDS = 20.0


class Supervisor:
    """Starts processes, starts them again when they die, and stops all of them when asked to, when one cannot be kept alive, or when it is killed."""

    def __init__(self, environment: dict[str, str], lock: TextIO, terminal: Terminal):
        self.environment, self.lock, self.terminal = environment, lock, terminal
        self.mark = uuid.uuid4().hex
        self.processes: list[Process] = []
        self.asked_to_stop = 0
        self.failed = False
        self.guard = self._start_guard()

    def say(self, text: str) -> None:
        self.terminal.line("up", text)

    def listen_for_signals(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._count_request)

    def start(self, name: str, command: list[str], log_file: Path | None = None) -> None:
        process = Process(name, command, self.environment, self.mark, self.terminal.line, log_file)
        self.processes.append(process)
        self._tell_guard(f"+{process.start()}")

    def run(self) -> int:
        """Watch until asked to stop; gives the exit code."""
        Thread(target=self._announce, name="announce", daemon=True).start()
        while not self.asked_to_stop and not self.failed:
            for process in self.processes:
                self._look_at(process)
            time.sleep(LOOK_SECONDS)
        return 1 if self.failed else 0

    def stop(self) -> None:
        """Stop all, Redis last; whatever is left after a few seconds, or at a second Ctrl-C, is killed."""
        self.say("Stopping")
        others = [process for process in self.processes if process.name != "redis"]
        asked_before = self.asked_to_stop
        for group, seconds in ((others, STOP_SECONDS), ([p for p in self.processes if p.name == "redis"], REDIS_STOP_SECONDS)):
            for process in group:
                process.ask_to_stop()
            ends = time.monotonic() + seconds
            while time.monotonic() < ends and self.asked_to_stop <= asked_before and not all(process.is_gone for process in group):
                time.sleep(0.05)
        self._kill_the_rest()
        self.say("Stopped")

    def _kill_the_rest(self) -> None:
        for process in self.processes:
            if not process.is_gone:
                self.say(f"{process.name} did not stop in time and is killed")
        guard.clear(self.mark, {process.popen.pid for process in self.processes if process.popen})
        for process in self.processes:
            if process.popen:
                process.popen.wait()
        self.guard.kill()  # nothing is left for it to do
        self.guard.wait()

    def _look_at(self, process: Process) -> None:
        if process.is_running:
            return
        if process.popen is None:
            if time.monotonic() >= process.start_at:
                self._tell_guard(f"+{process.start()}")
            return
        self._tell_guard(f"-{process.popen.pid}")
        what = process.record_death()
        if process.gives_up:
            self.failed = True
            self.say(f"{what}, again and again. Its last lines:")
            for line in process.last_lines():
                self.terminal.line(process.name, line)
        else:
            self.say(f"{what} and is started again")

    def _announce(self) -> None:
        """Say the address once /readyz answers yes, and what is missing while it does not."""
        remind_at = time.monotonic() + REMIND_SECONDS
        while not self.asked_to_stop:
            yes, said = readiness.ask()
            if yes:
                return self.say(f"AI Maker is ready: {readiness.address()}   (Ctrl-C stops it)")
            if time.monotonic() > remind_at:
                remind_at += REMIND_SECONDS
                self.say(f"Not ready yet: {said}")
            time.sleep(ASK_SECONDS)

    def _count_request(self, *_signal) -> None:
        self.asked_to_stop += 1

    def _start_guard(self) -> subprocess.Popen:
        """The guard inherits the lock of the data folder, so that nobody else starts there before it has cleaned up."""
        file = Path(guard.__file__)
        return subprocess.Popen(
            [sys.executable, "-S", "-E", str(file), self.mark],
            stdin=subprocess.PIPE,
            text=True,
            start_new_session=True,
            pass_fds=[self.lock.fileno()],
            cwd="/",
        )

    def _tell_guard(self, line: str) -> None:
        if self.guard.poll() is not None:
            self.guard = self._start_guard()
            line = "\n".join([f"+{process.popen.pid}" for process in self.processes if process.popen] + [line])
        self.guard.stdin.write(line + "\n")
        self.guard.stdin.flush()
