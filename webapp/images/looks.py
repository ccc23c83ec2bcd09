"""What is seen in a picture when it comes in: a fingerprint that its copies share, and whether there is too little to learn from.

Runs in the child that decodes, on the small pixels that the network gets: a fifth of a millisecond for a picture. A bound says how it was chosen; real photos were
800 phone and web photos, and each was tried again after blurring by known amounts.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np

TINY_SIDE = 112  # half of what the network looks at: of a smaller picture it sees mostly pixels that were made up
# Real photos have 0.18 and more (800 of 800), drawings 0.14 (75 of 75). Blurred by 0.7 % of the long side 96 % are below, by 1 % all but one in 100.
SHARPNESS = 0.13
SAME_COLOUR = 0.97  # of the pixels within 24 grey levels; of real photos the emptiest has 0.80
_SHARP_TILES = 6  # of 64: a sharp thing before a blurred background is a sharp picture
_GREY = np.array([0.299, 0.587, 0.114], np.float32)
_HASHED = 32  # pixels on a side of what is hashed
_NOISE = 20.0  # grey levels squared: what a JPEG does to a plain wall is no detail


@dataclass(frozen=True)
class Looks:
    """Columns of Image. `phash` is 64 bits as a signed number, None for an empty picture, whose bits would be noise."""

    phash: int | None
    is_blurred: bool
    is_tiny: bool
    is_empty: bool


def look(pixels: np.ndarray, short_side: int) -> Looks:
    """What is seen in uint8 [224, 224, 3] pixels of a picture that was `short_side` pixels at its shorter side when it came."""
    grey = pixels @ _GREY
    is_empty = same_colour(grey) >= SAME_COLOUR
    is_blurred = not is_empty and sharpness(grey) < SHARPNESS
    return Looks(None if is_empty else phash(grey), is_blurred, short_side < TINY_SIDE, is_empty)


def phash(grey: np.ndarray) -> int:
    """The perceptual hash of brightness [224, 224]: the signs, against their median, of 8 x 8 low frequencies of a cosine transform of 32 x 32 means.

    From Zauner, Implementation and Benchmarking of Perceptual Image Hash Functions (2010).
    """
    low = cosines(len(grey)) @ grey @ cosines(len(grey)).T
    return int(np.packbits(low > np.median(low)).view(">i8")[0])


@cache
def cosines(side: int) -> np.ndarray:
    """Rows 1 to 8 of the cosine transform of 32 means of so many numbers [8, side]; row 0, the brightness, says nothing of what is shown."""
    frequency, place = np.arange(1, 9)[:, None], np.arange(_HASHED)[None, :]
    waves = np.cos(np.pi * frequency * (2 * place + 1) / (2 * _HASHED))
    return np.repeat(waves, side // _HASHED, axis=1).astype(np.float32)


def sharpness(grey: np.ndarray) -> float:
    """How sharp the sharpest parts of brightness [224, 224] are: the variance of its Laplacian against its own, by tiles.

    The variance of the Laplacian is from Pech-Pacheco et al., Diatom autofocusing in brightfield microscopy (2000). Taken of the whole picture it calls plain
    things blurred; against the contrast of tiles, the best ones alone, it does not.
    """
    middle = grey[1:-1, 1:-1]
    edges = 4 * middle
    for side in (grey[:-2, 1:-1], grey[2:, 1:-1], grey[1:-1, :-2], grey[1:-1, 2:]):
        edges -= side
    return float(np.sort((variances(edges) / (variances(middle) + _NOISE)).ravel())[-_SHARP_TILES])


def variances(values: np.ndarray) -> np.ndarray:
    """The variance of each of 64 tiles [8, 8] of numbers around zero, or of a brightness, for which it is right to 0.01."""
    means = tiles(len(values))
    return means @ (values * values) @ means.T - (means @ values @ means.T) ** 2


@cache
def tiles(side: int) -> np.ndarray:
    """What takes the mean of each of eight parts of so many numbers [8, side]; a rest at the end is left out."""
    each = side // 8
    return np.pad(np.kron(np.eye(8), np.full(each, 1 / each)), ((0, 0), (0, side - 8 * each))).astype(np.float32)


def same_colour(grey: np.ndarray) -> float:
    """The largest share of brightness [224, 224], of every second pixel, that lies within 24 of its 256 levels."""
    some = grey[::2, ::2].astype(np.uint8) >> 3
    counts = np.bincount(some.ravel(), minlength=32)
    return float((counts[:-2] + counts[1:-1] + counts[2:]).max() / some.size)
