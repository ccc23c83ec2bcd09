"""A real Redis of a test's own."""

import shutil
import subprocess
import tempfile
from pathlib import Path

import redis

from tests.breakable import Breakable
from tests.waiting import wait_for
from webapp.core import broker
from webapp.core.supervisor import private_redis


class Redis(Breakable):
    """A private Redis in a folder with a short name (a socket's path is limited); it can be killed, frozen and started again."""

    def __init__(self, folder: Path | None = None):
        self.made = None if folder else Path(tempfile.mkdtemp(prefix="aim-"))
        self.folder = folder or self.made
        self.url = private_redis.url(self.folder)

    def start(self) -> "Redis":
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        self.process = subprocess.Popen(private_redis.command(self.folder), start_new_session=True, **quiet)
        wait_for(lambda: self.answers(), 10)
        return self

    def answers(self) -> bool:
        try:
            return bool(broker.client(self.url).ping())
        except redis.RedisError:
            return False

    def end(self) -> None:
        if self.process.poll() is None:
            self.kill()
        if self.made:
            shutil.rmtree(self.made, ignore_errors=True)
