"""A whole batch varied at once, by a few large products, as a GPU likes it: each picture still in its own way, as `trainer.augment` has it.

Picture by picture the transforms of torchvision ask a GPU for thousands of small things in a step.
"""

import torch

from trainer.hardware import sent

_TRIES = 10  # of a random piece that must lie inside the picture, as torchvision makes them


def cropped(pictures: torch.Tensor, size: int, scale: tuple[float, float], ratio: tuple[float, float]) -> torch.Tensor:
    """A random piece of each picture (uint8 [N, 3, C, C]), every second one mirrored: float32 [N, 3, size, size], 0 to 255.

    scale, ratio: as RandomResizedCrop of torchvision takes them. Resized bilinear with antialiasing, by a matrix for each side of each picture.
    """
    canvas, device = pictures.shape[-1], pictures.device
    tops, lefts, heights, widths = sent(pieces(len(pictures), canvas, scale, ratio), device).unbind(1)
    mirrored = sent(torch.rand(len(pictures)) < 0.5, device)
    across = sampling(lefts, widths, size, canvas)
    across = torch.where(mirrored[:, None, None], across.flip(1), across)
    return sampling(tops, heights, size, canvas)[:, None] @ pictures.float() @ across[:, None].transpose(2, 3)


def pieces(count: int, canvas: int, scale: tuple[float, float], ratio: tuple[float, float]) -> torch.Tensor:
    """Random pieces of squares: top, left, height and width in whole pixels, float32 [count, 4]."""
    area = canvas**2 * torch.empty(count, _TRIES).uniform_(*scale)
    shape = torch.exp(torch.empty(count, _TRIES).uniform_(*torch.tensor(ratio).log().tolist()))
    sides = torch.stack([(area / shape).sqrt().round(), (area * shape).sqrt().round()], dim=2)
    fits = (sides <= canvas).all(dim=2)
    first = fits.int().argmax(dim=1)
    chosen = torch.where(fits.any(dim=1)[:, None], sides[torch.arange(count), first], torch.tensor(float(canvas)))
    places = (torch.rand(count, 2) * (canvas - chosen + 1)).floor()
    return torch.cat([places, chosen], dim=1)


def sampling(starts: torch.Tensor, lengths: torch.Tensor, size: int, canvas: int) -> torch.Tensor:
    """Matrices [N, size, canvas] that bring `lengths` pixels from `starts` on to `size`: bilinear, antialiased as in torch's interpolate."""
    pixels = torch.arange(canvas, device=starts.device)
    step = (lengths / size)[:, None, None]
    centres = starts[:, None, None] + (torch.arange(size, device=starts.device)[None, :, None] + 0.5) * step
    near = (1 - (pixels + 0.5 - centres).abs() / step.clamp(min=1)).clamp(min=0)
    inside = (pixels >= starts[:, None, None]) & (pixels < (starts + lengths)[:, None, None])
    weights = near * inside
    return weights / weights.sum(dim=2, keepdim=True)


def tinted(pictures: torch.Tensor, brightness: float, contrast: float, saturation: float) -> torch.Tensor:
    """Pictures (float32 [N, 3, H, W], 0 to 255) each brighter or darker, of more or less contrast and colour, in an order of its own, as ColorJitter has it."""
    count = len(pictures)
    amounts = 1 + (2 * torch.rand(count, 3) - 1) * torch.tensor([brightness, contrast, saturation])
    orders = torch.rand(count, 3).argsort(dim=1)
    amounts, orders = sent(amounts.gather(1, orders), pictures.device), sent(orders, pictures.device)
    for amount, which in zip(amounts.unbind(1), orders.unbind(1), strict=True):
        pictures = blended(pictures, amount[:, None, None, None], which[:, None, None, None])
    return pictures


def blended(pictures: torch.Tensor, amount: torch.Tensor, which: torch.Tensor) -> torch.Tensor:
    """Pictures mixed with (0) black, (1) their mean grey or (2) their own grey; amount 1 leaves them as they are."""
    red, green, blue = pictures.split(1, dim=1)
    grey = 0.2989 * red + 0.587 * green + 0.114 * blue
    other = torch.where(which == 2, grey, grey.mean(dim=(1, 2, 3), keepdim=True) * (which == 1))
    return (amount * pictures + (1 - amount) * other).clamp(0, 255)
