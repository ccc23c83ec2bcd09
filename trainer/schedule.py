"""What changes from step to step and from epoch to epoch of fine-tuning: the learning rate, and the size of the pictures."""

import math

# Shares of the full width at which the epochs of a run look at the pictures: (part of the run, share).
SIZES = ((0.5, 5 / 7), (0.75, 6 / 7), (1.0, 1.0))
SMALLEST = 128
_MULTIPLE = 32  # what the strides of the usual networks divide without a rest


def learning_rate(step: int, steps: int, warmup: float, largest: float) -> float:
    """The rate of one step out of all: a linear warm-up over `warmup` steps, then a cosine to zero (Loshchilov and Hutter 2017)."""
    warmup = min(warmup, steps / 2)
    if step < warmup:
        return largest * (step + 1) / (warmup + 1)
    return largest * 0.5 * (1 + math.cos(math.pi * (step - warmup) / max(steps - warmup, 1)))


def image_size(epoch: int, epochs: int, full: int) -> int:
    """Width and height in pixels at which an epoch (from 0) learns: small at first, full in the last quarter (progressive resizing, Tan and Le 2021).

    Half the pixels are twice as fast, and the early epochs lose nothing by it. The last epoch is always at full size, which is the one that is served.
    """
    share = next(share for part, share in SIZES if (epoch + 1) / epochs <= part + 1e-9)
    sized = round(full * share / _MULTIPLE) * _MULTIPLE
    return full if share == 1.0 or sized < SMALLEST else min(sized, full)
