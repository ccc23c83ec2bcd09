"""How many pictures a step learns from, where nobody said."""

from collections.abc import Callable

import torch

from trainer.config import AUTO_BATCH
from trainer.shortage import is_out_of_memory

_LARGEST = 128
_STEPS_PER_EPOCH = 16  # with fewer, few pictures would be learned from in few steps
_SHARE = 0.7  # of the memory that is free; the rest is for what a real step needs besides


def auto_batch(device: torch.device, count: int, try_step: Callable[[int], None]) -> int:
    """The batch for `count` training pictures: on a CPU the usual one, on a GPU that doubled as often as there are steps for it and as leaves room.

    try_step(n) makes one step with n made-up pictures and may find that memory runs out. The largest is tried first: cuDNN prepares for each size anew, which can take seconds.
    """
    batch = AUTO_BATCH
    if device.type == "cuda":
        while 2 * batch <= min(_LARGEST, count // _STEPS_PER_EPOCH):
            batch *= 2
        while batch > AUTO_BATCH and not _fits(device, batch, try_step):
            batch //= 2
    return min(batch, count)


def _fits(device: torch.device, batch: int, try_step: Callable[[int], None]) -> bool:
    torch.cuda.empty_cache()
    free, held = torch.cuda.mem_get_info(device)[0], torch.cuda.memory_allocated(device)
    torch.cuda.reset_peak_memory_stats(device)
    try:
        try_step(batch)
    except RuntimeError as error:
        if is_out_of_memory(error):
            return False
        raise
    finally:
        torch.cuda.empty_cache()
    return torch.cuda.max_memory_allocated(device) - held <= _SHARE * free
