"""From a picture file to the pixels that every network here sees: ONE definition for training, evaluation, serving and export.

decode:  JPEG or PNG -> upright -> RGB, 8 bits each, uint8 [height, width, 3] (alpha on white).
size:    the middle of it is squashed to a square by antialiased bilinear resampling inside the ONNX graph
         (`trainer.graph.resize_model`). Fine-tuning caches the outcome of that same graph, rounded to 8 bits.
"""

import io
import struct
import zlib
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

FORMATS = ("JPEG", "PNG")
MAX_PIXELS = 40_000_000

_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_ORIENTATION = 0x0112
# What Pillow raises on damaged files, by reading its JPEG and PNG plugins and by feeding them broken files.
DAMAGE = (OSError, SyntaxError, ValueError, TypeError, KeyError, IndexError, EOFError, OverflowError, struct.error, zlib.error)


class PictureError(ValueError):
    """A file is no usable picture; `reason` is not_a_picture, too_many_pixels or damaged, the message a sentence."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


def decode(source: bytes | bytearray | memoryview | str | Path, min_side: int = 224) -> np.ndarray:
    """The upright RGB pixels, uint8 [height, width, 3], of a JPEG or PNG given as bytes or as a path.

    A JPEG much larger than needed is decoded at 1/2, 1/4 or 1/8, never below `min_side` on either side, which is
    about seven times faster for a phone photo. Raises PictureError.
    """
    try:
        with _opened(source) as image:
            image.draft(None, (min_side, min_side))
            image.load()
            return np.array(upright_rgb(image))  # a copy: torch and others need writable memory
    except DAMAGE as error:
        if isinstance(error, PictureError):
            raise
        raise PictureError("damaged", "The picture is damaged or cut short. Save or send it again.") from error


def upright_rgb(image: Image.Image) -> Image.Image:
    """A loaded Pillow image turned upright by its EXIF, as RGB with 8 bits each and alpha on white."""
    return _rgb(_upright(image))


def squashed(image: Image.Image, size: int) -> np.ndarray:
    """What `trainer.graph.resize_model` makes of an RGB image, by Pillow: uint8 [size, size, 3], equal within about one grey level (it rounds twice).

    For whoever has many pictures to hand on: it is several times faster, and a network given such a square leaves it as it is.
    """
    width, height = image.size
    kept = min(width, height * 6 // 5), min(height, width * 6 // 5)
    left, top = (width - kept[0]) // 2, (height - kept[1]) // 2
    middle = image.crop((left, top, left + kept[0], top + kept[1]))
    return np.array(middle.resize((size, size), Image.Resampling.BILINEAR))


def _opened(source: bytes | bytearray | memoryview | str | Path) -> Image.Image:
    stream = io.BytesIO(source) if isinstance(source, bytes | bytearray | memoryview) else Path(source)
    try:
        # Only the first frame is ever read: the loaders of further frames are where the holes are.
        image = Image.open(stream, formats=FORMATS)
    except Image.DecompressionBombError as error:
        raise _too_many_pixels() from error
    except UnidentifiedImageError as error:
        raise PictureError("not_a_picture", "This is not a JPG or PNG picture. Convert it to JPG and try again.") from error
    if image.width * image.height > MAX_PIXELS:
        image.close()
        raise _too_many_pixels()
    return image


def _too_many_pixels() -> PictureError:
    return PictureError("too_many_pixels", f"The picture has more than {MAX_PIXELS // 1_000_000} megapixels. Make it smaller and try again.")


def _upright(image: Image.Image) -> Image.Image:
    try:
        orientation = image.getexif().get(_ORIENTATION, 1)
    except DAMAGE:
        return image  # a picture whose notes are damaged is still a picture; it is taken as it lies
    turn = _UPRIGHT.get(orientation)
    return image if turn is None else image.transpose(turn)


def _rgb(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I"):
        return _from_16_bits(image).convert("RGB")
    if image.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in image.info:
        return _on_white(image.convert("RGBA"))
    return image if image.mode == "RGB" else image.convert("RGB")


def _from_16_bits(image: Image.Image) -> Image.Image:
    # Pillow's own convert() cuts 16 bits off at 255, which turns such a picture white.
    values = np.asarray(image).astype(np.float32)
    return Image.fromarray(np.clip(np.rint(values / 257.0), 0, 255).astype(np.uint8))


def _on_white(image: Image.Image) -> Image.Image:
    white = Image.new("RGBA", image.size, (255, 255, 255, 255))
    return Image.alpha_composite(white, image).convert("RGB")
