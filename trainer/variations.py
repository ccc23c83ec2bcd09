"""What training makes of pictures when it varies them, by the very code that trains."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from trainer.augment import CANVAS, augmentation, augmented
from trainer.manifest import Row
from trainer.pixelcache import pixel_cache


def vary(paths: Sequence[str | Path], folder: str | Path, *, augment: str, size: int, seed: int) -> list[Path]:
    """Each readable picture as an epoch might see it, as a JPEG of `size` pixels in `folder`; the same for the same seed."""
    folder = Path(folder)
    rows = [Row(str(path), "", "train") for path in paths]
    cache = pixel_cache(folder / "pixels", "train", rows, round(size * CANVAS), fingerprint="", threads=1, should_stop=lambda: False)
    torch.manual_seed(seed)
    pixels = augmented(torch.from_numpy(np.array(cache.pixels)), augmentation(augment, size))
    files = [folder / f"{paths.index(row.path)}.jpg" for row in cache.rows]
    for file, picture in zip(files, pixels, strict=True):
        Image.fromarray(picture.permute(1, 2, 0).numpy()).save(file, "JPEG", quality=88)
    return files
