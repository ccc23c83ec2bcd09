"""Training children with too little memory. They know no Django, as the real ones."""

import resource
from importlib import import_module
from multiprocessing.connection import Connection
from pathlib import Path

import torch
from torch.optim.optimizer import register_optimizer_step_pre_hook

from trainer.child import serve
from trainer.manifest import Manifest
from webapp.training.journal import Journaled

MEGABYTE = 1_000_000


def short_of_memory(connection: Connection, job: dict, most: int) -> None:
    """A child on a GPU without room for more than `most` pictures at once: in the second epoch it finds out."""
    batch, steps = job["config"]["batch_size"], [0]
    per_epoch = -(-len(Manifest.load(job["manifest"]).train) // batch)

    def step(*_args) -> None:
        steps[0] += 1
        if batch > most and steps[0] == per_epoch + 1:
            raise torch.cuda.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")

    register_optimizer_step_pre_hook(step)
    serve(Journaled(connection, Path(job["work_dir"])), job)


def in_little_room(connection: Connection, job: dict, megabytes: int) -> None:
    """A child that may take only so much more memory than it has when everything is loaded."""
    import_module("trainer.finetune")
    taken = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (taken + megabytes * MEGABYTE,) * 2)
    serve(Journaled(connection, Path(job["work_dir"])), job)
