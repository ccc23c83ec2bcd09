"""How training pictures are varied, so that a network learns the thing and not the photograph."""

from collections.abc import Callable

import torch
from torchvision.transforms import v2

from trainer.crops import cropped, tinted

# Training pictures are cached this much larger than the network's input, so that a crop still has all its pixels.
CANVAS = 8 / 7
SCALE, RATIO = (0.5, 1.0), (0.85, 1.18)  # of a crop: its share of the area, and its width by its height
TINT = 0.2  # of brightness, contrast and saturation, either way


def augmentation(name: str, size: int) -> v2.Transform:
    """A transform from uint8 [3, canvas, canvas] to uint8 [3, size, size]; name is none, light or strong."""
    if name == "none":
        return v2.Resize((size, size), antialias=True)
    steps = [v2.RandomResizedCrop((size, size), scale=SCALE, ratio=RATIO, antialias=True), v2.RandomHorizontalFlip()]
    return v2.Compose([*steps, *(_strong() if name == "strong" else [v2.ColorJitter(brightness=TINT, contrast=TINT, saturation=TINT)])])


def augmented(pictures: torch.Tensor, transform: Callable[[torch.Tensor], torch.Tensor]) -> torch.Tensor:
    """A batch [N, 3, size, size] of pictures [N, 3, canvas, canvas], each varied on its own, by torch's random numbers."""
    return torch.stack([transform(picture) for picture in pictures])


def augmented_at_once(pictures: torch.Tensor, name: str, size: int) -> torch.Tensor:
    """The same for a batch that lies on a GPU: varied in the same ways, by other random numbers; float32 or uint8."""
    if name == "none":
        return augmentation(name, size)(pictures)
    pieces = cropped(pictures, size, SCALE, RATIO)
    if name == "light":
        return tinted(pieces, TINT, TINT, TINT)
    return augmented(pieces.round().to(torch.uint8), v2.Compose(_strong()))


def _strong() -> list[v2.Transform]:
    return [v2.TrivialAugmentWide(), v2.RandomErasing(p=0.25, value=127)]
