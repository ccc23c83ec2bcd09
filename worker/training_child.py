"""Training children: forked from a process that has torch loaded already, watched through a pipe, and gone when their worker is gone.

The training child imports this module too, so it knows neither Django nor Celery.
"""

import ctypes
import fcntl
import multiprocessing
import os
import signal
import sys
import time
from dataclasses import dataclass
from importlib import import_module
from multiprocessing import forkserver
from multiprocessing.connection import Connection
from pathlib import Path

from trainer.config import ENVIRONMENT

CONTEXT = multiprocessing.get_context("forkserver")
NICE = 5  # pages go first
PREFER_TO_KILL = 500  # of 1,000: when memory runs out the kernel shall take a training, not a worker
_PR_SET_PDEATHSIG = 1


@dataclass
class Child:
    """A training child and our end of its pipe."""

    process: multiprocessing.Process
    connection: Connection

    def kill(self) -> None:
        """End the child for certain, and wait until it is gone."""
        self.process.kill()
        self.process.join()
        self.connection.close()


def warm_up() -> None:
    """Start the process that children are forked from; it loads its modules on its own while we go on."""
    os.environ.update(ENVIRONMENT)  # glibc reads these when a process starts, so they must be there before
    CONTEXT.set_forkserver_preload(["trainer.child", __name__])
    forkserver.ensure_running()


def spawn(job: dict) -> Child:
    """Start a training; it waits where the forkserver is still loading."""
    ours, theirs = CONTEXT.Pipe()
    process = CONTEXT.Process(target=main, args=(theirs, job), name="trainer")
    process.start()
    theirs.close()
    return Child(process, ours)


def main(connection: Connection, job: dict) -> None:
    """The child: alone in its folder, it serves the job and ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to the whole terminal; the worker decides what becomes of us
    die_with_parent()
    os.nice(NICE)
    Path("/proc/self/oom_score_adj").write_text(str(PREFER_TO_KILL))
    folder = take_folder(Path(job["work_dir"]))
    try:
        import_module("trainer.child").serve(connection, job)
    finally:
        folder.close()


def die_with_parent() -> None:
    """Have the kernel kill this process when its parent dies. The forkserver ends with its worker, however that ends."""
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() == 1:
        sys.exit("the forkserver has ended already")


def take_folder(folder: Path, seconds: float = 10.0):
    """The lock of a run's folder, open and held; a child of an earlier attempt that still holds it is killed.

    Such a child is left where its worker was frozen and the lease ran out. A lock that is held names a living process, so its number cannot be another's.
    """
    file = open(folder / "lock", "a+")
    deadline = time.monotonic() + seconds
    while True:
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except OSError:
            if time.monotonic() > deadline:
                raise
            kill_holder(folder / "lock")
            time.sleep(0.05)
    file.truncate(0)
    file.write(str(os.getpid()))
    file.flush()
    return file


def kill_holder(file: Path) -> None:
    """Kill the process whose number stands in a lock file."""
    number = file.read_text()
    if number.isdigit():
        try:
            os.kill(int(number), signal.SIGKILL)
        except ProcessLookupError:
            return  # it ended by itself just now
