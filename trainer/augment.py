"""How training pictures are varied, so that a network learns the thing and not the photograph."""

from collections.abc import Callable

import torch
from torchvision.transforms import v2

# Training pictures are cached this much larger than the network's input, so that a crop still has all its pixels.
CANVAS = 8 / 7


def augmentation(name: str, size: int) -> v2.Transform:
    """A transform from uint8 [3, canvas, canvas] to uint8 [3, size, size]; name is none, light or strong."""
    if name == "none":
        return v2.Resize((size, size), antialias=True)
    steps = [
        v2.RandomResizedCrop((size, size), scale=(0.5, 1.0), ratio=(0.85, 1.18), antialias=True),
        v2.RandomHorizontalFlip(),
    ]
    if name == "strong":
        steps = [*steps, v2.TrivialAugmentWide(), v2.RandomErasing(p=0.25, value=127)]
    else:
        steps = [*steps, v2.ColorJitter(brightness=0.2, contrast=0.2, saturation=0.2)]
    return v2.Compose(steps)


def augmented(pictures: torch.Tensor, transform: Callable[[torch.Tensor], torch.Tensor]) -> torch.Tensor:
    """A batch [N, 3, size, size] of pictures [N, 3, canvas, canvas], each varied on its own, by torch's random numbers."""
    return torch.stack([transform(picture) for picture in pictures])
