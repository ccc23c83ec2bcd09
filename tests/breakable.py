"""A server of a test's own that can be killed and frozen."""

import os
import signal
import subprocess


class Breakable:
    process: subprocess.Popen | None = None

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def freeze(self) -> None:
        os.kill(self.process.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        os.kill(self.process.pid, signal.SIGCONT)
