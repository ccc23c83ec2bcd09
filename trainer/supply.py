"""The training pictures, brought to where a step wants them: on a GPU all of them at once, if they take little of its memory."""

from collections.abc import Callable
from functools import partial

import numpy as np
import torch

from trainer.hardware import sent

_SHARE = 0.25  # of the free memory of a GPU
_AT_ONCE = 256

Supply = Callable[[torch.Tensor], torch.Tensor]


def supply(pixels: np.ndarray, device: torch.device) -> Supply:
    """A function from the numbers of pictures, [N], to their pixels on the device, uint8 [N, 3, S, S]. pixels: all of them, perhaps on disk."""
    if device.type != "cuda":
        return partial(_read, pixels)
    if pixels.nbytes <= _SHARE * torch.cuda.mem_get_info(device)[0]:
        whole = _uploaded(pixels, device)
        return lambda chosen: whole[sent(chosen, device)]
    return partial(_carried, pixels, device)


def _read(pixels: np.ndarray, chosen: torch.Tensor) -> torch.Tensor:
    # Sorted for the disk; the labels must follow.
    return torch.from_numpy(pixels[np.sort(chosen.numpy())])[chosen.argsort().argsort()]


def _carried(pixels: np.ndarray, device: torch.device, chosen: torch.Tensor) -> torch.Tensor:
    """The same by way of memory that a GPU fetches from by itself, so that the next step is made ready while it computes."""
    read = torch.empty((len(chosen), *pixels.shape[1:]), dtype=torch.uint8, pin_memory=True)
    np.take(pixels, np.sort(chosen.numpy()), axis=0, out=read.numpy(), mode="clip")
    return read.to(device, non_blocking=True)[sent(chosen.argsort().argsort(), device)]


def _uploaded(pixels: np.ndarray, device: torch.device) -> torch.Tensor:
    whole = torch.empty(pixels.shape, dtype=torch.uint8, device=device)
    for start in range(0, len(pixels), _AT_ONCE):
        whole[start : start + _AT_ONCE] = torch.from_numpy(np.array(pixels[start : start + _AT_ONCE]))
    return whole
