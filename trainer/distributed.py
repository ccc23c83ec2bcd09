"""One run in several processes: each learns from its share of every batch, and gradients are averaged (DistributedDataParallel, Li et al. 2020).

The process that was asked to train is rank 0: it starts the others, tests, reports and saves. The others end with it, however it ends. When one of them is
lost it ends too, at once, for whoever started it to go on from the last checkpoint: no process waits for one that is gone.
"""

import ctypes
import json
import logging
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING, Any, TypeVar

import torch
import torch.distributed as dist
from torch.nn.parallel import DistributedDataParallel

from trainer.config import TrainConfig
from trainer.devices import check_devices, processes
from trainer.files import write_atomic
from trainer.manifest import Manifest
from trainer.shortage import is_out_of_memory

if TYPE_CHECKING:
    # fit imports the loop that imports this file; only readers of the annotations need the name.
    from trainer.fit import Job

ROOT = Path(__file__).parents[1]
LONGEST_SILENCE = timedelta(minutes=30)  # while rank 0 tests, the others wait
LACK = "out-of-memory"  # a file in the folder of the processes: the batch that was too large for one of the others
RAISED = 10.0  # seconds in which rank 0 says by itself that another process had not enough memory
NOTICED = 1.0  # seconds in which `watch` sees that a process was lost
_PR_SET_PDEATHSIG = 1

log = logging.getLogger(__name__)
Result = TypeVar("Result")


@dataclass(frozen=True)
class Group:
    """The processes of a run, seen from one of them; by default it is alone."""

    rank: int = 0
    size: int = 1

    def first(self, action: Callable[[], Result]) -> Result:
        """What an action gives in rank 0, in every process."""
        box = [action() if self.rank == 0 else None]
        if self.size > 1:
            dist.broadcast_object_list(box, src=0)
        return box[0]

    def gather(self, value: Any) -> list:
        """The values of all processes, by rank."""
        if self.size == 1:
            return [value]
        values: list = [None] * self.size
        dist.all_gather_object(values, value)
        return values

    def share(self, chosen: torch.Tensor, counts: torch.Tensor) -> tuple[torch.Tensor, float]:
        """This process's part of a batch, and by what its mean loss is multiplied so that the average over processes is the mean of the batch.

        counts: how much each picture of the batch counts in a mean, [N].

        Of a batch with fewer pictures than processes somebody gets none: one picture then, which counts for nothing.
        """
        mine = chosen[self.rank::self.size]
        if not len(mine):
            return chosen[:1], 0.0
        return mine, float(counts[self.rank::self.size].sum() / counts.sum()) * self.size

    def parallel(self, network: torch.nn.Module) -> torch.nn.Module:
        """The network as it is called in a step: with the weights of rank 0 to begin with, and with gradients averaged over all processes."""
        return network if self.size == 1 else DistributedDataParallel(network, forward_sync_buffers=False)

    def vary(self) -> None:
        """Let each process vary its pictures in its own way; what they have drawn until now was the same for all."""
        if self.rank:
            torch.manual_seed(torch.initial_seed() + self.rank)


@contextmanager
def started(job: "Job") -> Iterator[Group]:
    """The processes of a run, as long as the block lasts; one alone unless `devices` is a number. Raises ConfigError when this machine has not what it names."""
    count, threads = processes(job.config.devices), torch.get_num_threads()
    check_devices(job.config.devices, cores=len(os.sched_getaffinity(0)), gpus=torch.cuda.device_count())
    if count == 1:
        yield Group()
        return
    folder, over = (job.work_dir / "group").resolve(), Event()
    tell_lack(folder)  # of the attempt before, where rank 0 waited for the lost process and could not say it
    torch.set_num_threads(max(1, threads // count))
    write_down(job, folder, count)
    others = [start(folder, rank) for rank in range(1, count)]
    Thread(target=watch, args=(others, folder, over), name="ranks", daemon=True).start()
    try:
        yield join(folder, 0, count)
    except RuntimeError as error:
        tell_lack(folder, error)
        # What a step says that waits for a process which has just been lost; it may say so before the watch has seen it.
        over.wait(NOTICED)
        raise
    finally:
        over.set()  # after the last epoch they have nothing left to do
        for other in others:
            other.kill()
            other.wait()
        leave()
        torch.set_num_threads(threads)


def tell_lack(folder: Path, error: Exception | None = None) -> None:
    """Raise OutOfMemoryError, once, where one of the other processes has written that its memory ran out."""
    file = folder / LACK
    if file.exists():
        lack = torch.OutOfMemoryError("out of memory in another process of this training")
        lack.batch_size = int(file.read_text())
        file.unlink()
        raise lack from error


def write_down(job: "Job", folder: Path, count: int) -> None:
    """Put what the other processes must know into a fresh folder, in which all of them meet."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    job.manifest.save(folder / "manifest.json")
    about = {"config": job.config.to_dict(), "work_dir": str(job.work_dir), "cache_dir": str(job.cache_dir), "count": count, "threads": torch.get_num_threads(), "parent": os.getpid()}
    write_atomic(folder / "job.json", json.dumps(about).encode())


def start(folder: Path, rank: int) -> subprocess.Popen:
    """One of the other processes. A program of its own: a fork would copy torch with threads that are not there."""
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    return subprocess.Popen([sys.executable, "-m", "trainer.distributed", str(folder), str(rank)], stdin=subprocess.DEVNULL, env=os.environ | {"PYTHONPATH": path})


def watch(others: list[subprocess.Popen], folder: Path, over: Event) -> None:
    """End this process when one of the others is lost: a step that waits for it may be anywhere, also where no exception reaches."""
    while not over.wait(0.2):
        lost = [other.pid for other in others if other.poll() not in (None, 0)]
        if lost and (folder / LACK).exists():
            over.wait(RAISED)
        if lost and not over.is_set():
            log.critical("a process of this training was lost: %s", lost)
            os._exit(1)


def join(folder: Path, rank: int, count: int) -> Group:
    """Meet the other processes; gloo carries what lies in main memory, nccl what lies on GPUs."""
    os.environ.setdefault("GLOO_SOCKET_IFNAME", "lo")
    backend = "gloo"
    if torch.cuda.is_available():
        torch.cuda.set_device(rank)
        backend = "cpu:gloo,cuda:nccl"
    dist.init_process_group(backend, init_method=f"file://{folder / 'meet'}", rank=rank, world_size=count, timeout=LONGEST_SILENCE)
    return Group(rank, count)


def leave() -> None:
    if dist.is_initialized():
        dist.destroy_process_group()


def main(folder: Path, rank: int) -> None:
    """The life of one of the other processes: the same loop, without tests, reports and checkpoints."""
    about = json.loads((folder / "job.json").read_text())
    die_with(about["parent"])
    # Here: they import this file.
    from trainer import finetune
    from trainer.fit import Job

    torch.set_num_threads(about["threads"])
    job = Job(
        TrainConfig.from_dict(about["config"]), Manifest.load(folder / "manifest.json"), Path(about["work_dir"]), Path(about["cache_dir"]),
        on_epoch=_nothing, on_stage=_nothing, should_stop=_never, on_log=_nothing,
    )
    try:
        finetune.assist(job, join(folder, rank, about["count"]))
    except Exception as error:
        if is_out_of_memory(error):
            # Before this process ends, and with it its connections: rank 0 looks for it then.
            write_atomic(folder / LACK, str(getattr(error, "batch_size", 0)).encode())
        raise
    leave()


def die_with(parent: int) -> None:
    """Have the kernel kill this process when rank 0 dies."""
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        sys.exit("rank 0 has ended already")


def _nothing(_told: object) -> None:
    return None


def _never() -> bool:
    return False


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
