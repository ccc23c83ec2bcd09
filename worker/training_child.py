"""The inside of a training child: forked from a small process, alone in the folder of its run, and gone when its worker is gone.

It knows neither Django nor Celery. `worker.nursery` is the other side.
"""

import ctypes
import fcntl
import logging
import os
import signal
import sys
import time
from importlib import import_module
from multiprocessing.connection import Connection
from multiprocessing.reduction import recv_handle
from pathlib import Path
from threading import Thread

from webapp.core import logs
from webapp.training.journal import Journaled

NICE = 5  # pages go first
PREFER_TO_KILL = 500  # of 1,000: when memory runs out the kernel shall take a training, not a worker
_PR_SET_PDEATHSIG = 1

log = logging.getLogger(__name__)


def main(connection: Connection, modules: list[str]) -> None:
    """Wait for a job and serve it. These modules are loaded meanwhile; a job that comes before they are all there need not wait for them."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to the whole terminal; the worker decides what becomes of us
    die_with_parent()
    os.nice(NICE)
    Path("/proc/self/oom_score_adj").write_text(str(PREFER_TO_KILL))
    Thread(target=load, args=(modules,), name="load", daemon=True).start()
    try:
        job = connection.recv()
        for _gpu in job.get("gpus", ()):
            recv_handle(connection)  # of its lock: nobody else gets the GPU while this process lives, even when its worker is gone
    except (EOFError, OSError):
        return  # nobody needs us any more
    if "logs" in job:
        logs.unpack(job["logs"])
    see_only(job.get("gpus"))
    folder = Path(job["work_dir"])
    with take_folder(folder):
        import_module("trainer.child").serve(Journaled(connection, folder), job)


def see_only(gpus: list[str] | None) -> None:
    """Show CUDA these GPUs alone. It reads this when it is first asked for one, which loading torch does not do."""
    if gpus:
        os.environ |= {"CUDA_DEVICE_ORDER": "PCI_BUS_ID", "CUDA_VISIBLE_DEVICES": ",".join(gpus)}


def load(modules: list[str]) -> None:
    """Import modules; one that cannot be imported fails where it is used, with an explanation."""
    for module in modules:
        try:
            import_module(module)
        except ImportError as error:
            log.warning("%s cannot be loaded: %s", module, error)


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
    file.write(f"{here()} {os.getpid()}")
    file.flush()
    return file


def here() -> str:
    """Where the number of a process means that process: this container, since this machine was started."""
    return f"{Path('/proc/sys/kernel/random/boot_id').read_text().strip()}/{os.readlink('/proc/self/ns/pid')}"


def kill_holder(file: Path) -> None:
    """Kill the process whose number stands in a lock file, if it is one of this machine."""
    place, _space, number = file.read_text().partition(" ")
    if place == here() and number.isdigit():
        try:
            os.kill(int(number), signal.SIGKILL)
        except ProcessLookupError:
            return  # it ended by itself just now
