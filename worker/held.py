"""GPUs held for a run: a lock on a file for each, so that no other run on this machine gets one, whichever worker it belongs to.

Worker and child both have the file open, and the kernel lets the lock go when the last of them has closed it, however they end.
"""

import fcntl
from dataclasses import dataclass, field
from io import IOBase
from pathlib import Path

from worker import gpus
from worker.gpus import Gpu


@dataclass
class Held:
    """The GPUs of one run. `folder`: of the locks, the same for all workers of a machine."""

    folder: Path
    gpus: list[Gpu] = field(default_factory=list)
    locks: list[IOBase] = field(default_factory=list)
    awaited: set[Gpu] = field(default_factory=set)  # by runs whose turn is before

    def take(self, config: dict) -> bool:
        """Take all GPUs that a run asks for, or none. Those that a run could not have yet are not taken for one behind it."""
        self.release()
        possible, count = gpus.choices(config, gpus.found())
        for gpu in possible:
            if len(self.gpus) < count and gpu not in self.awaited and (lock := locked(self.folder, gpu)):
                self.gpus.append(gpu)
                self.locks.append(lock)
        if len(self.gpus) == count:
            return True
        self.release()
        self.awaited |= set(possible)
        return False

    def release(self) -> None:
        """Let go of them; a child that still lives holds them on."""
        for lock in self.locks:
            lock.close()
        self.gpus, self.locks = [], []


def locked(folder: Path, gpu: Gpu) -> IOBase | None:
    """The file of a GPU, open and locked; None while somebody else has it."""
    folder.mkdir(parents=True, exist_ok=True)
    file = open(folder / f"{gpu.key.replace('/', '_')}.lock", "a")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return None
    return file
