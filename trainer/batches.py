"""How many pictures a step learns from, where nobody said."""

from collections.abc import Callable

import torch

from trainer.config import AUTO_BATCH

_LARGEST = 128
_STEPS_PER_EPOCH = 16  # with fewer, few pictures would be learned from in few steps
_SHARE = 0.7  # of the memory that is free; the rest is for what a real step needs besides


def auto_batch(device: torch.device, count: int, try_step: Callable[[int], None]) -> int:
    """The batch for `count` training pictures: on a CPU the usual one, on a GPU that doubled for as long as it leaves room.

    try_step(n) makes one step with n made-up pictures and may raise torch.OutOfMemoryError.
    """
    batch = AUTO_BATCH
    if device.type != "cuda":
        return min(batch, count)
    wanted = min(_LARGEST, count // _STEPS_PER_EPOCH)
    while 2 * batch <= wanted and _fits(device, 2 * batch, try_step):
        batch *= 2
    return min(batch, count)


def _fits(device: torch.device, batch: int, try_step: Callable[[int], None]) -> bool:
    free = torch.cuda.mem_get_info(device)[0]
    torch.cuda.reset_peak_memory_stats(device)
    try:
        try_step(batch)
    except torch.OutOfMemoryError:
        return False
    finally:
        torch.cuda.empty_cache()
    return torch.cuda.max_memory_allocated(device) <= _SHARE * free
