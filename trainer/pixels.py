"""From a picture file to the pixels that every network here sees: ONE definition for training, evaluation, serving and export.

decode:  JPEG or PNG -> upright -> RGB, 8 bits each, uint8 [height, width, 3] (alpha on white).
size:    the middle of it is squashed to a square by antialiased bilinear resampling inside the ONNX graph
         (`trainer.graph.resize_model`). Fine-tuning caches the outcome of that same graph, rounded to 8 bits.
"""

import io
import re
import struct
import zlib
from contextlib import nullcontext
from pathlib import Path
from threading import Semaphore

import numpy as np
from PIL import Image, UnidentifiedImageError

FORMATS = ("JPEG", "PNG")
MAX_PIXELS = 40_000_000
MAX_WHOLE = 12_000_000  # pixels that are really unpacked: all of a PNG, a 64th of a large photo
MAX_SCANS = 100  # a progressive JPEG has about ten; each further one makes the decoder go over the whole picture again
MAX_PASSES = 400_000_000  # pixels times scans: ten scans of the largest picture
MAX_HELD = 150_000_000  # bytes that a decoder keeps of a JPEG with several scans, as it does until the last one: 40 megapixels of a camera, 25 in full colour
LARGE = 4_000_000  # unpacked pixels, or kept numbers, from which on a picture waits for its turn

_turns = Semaphore(2)  # of large pictures at once in a process: each may need a quarter of a gigabyte for a moment
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
_MARKER = re.compile(rb"\xff[^\x00\x01\xd0-\xd7\xff]")  # stuffed bytes and markers without a length are gone over
_END_OF_IMAGE, _START_OF_SCAN = 0xD9, 0xDA
_AT_ONCE = (0xC0, 0xC1, 0xC9)  # frames that need no second scan
# What Pillow raises on damaged files, by reading its JPEG and PNG plugins and by feeding them broken files.
DAMAGE = (OSError, SyntaxError, ValueError, TypeError, KeyError, IndexError, EOFError, OverflowError, struct.error, zlib.error)


class PictureError(ValueError):
    """A file is no usable picture; `reason` is not_a_picture, too_many_pixels, too_large_for_png, too_complex or damaged, the message a sentence."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


def decode(source: bytes | bytearray | memoryview | str | Path, min_side: int = 224) -> np.ndarray:
    """The upright RGB pixels, uint8 [height, width, 3], of a JPEG or PNG given as bytes or as a path.

    A JPEG much larger than needed is decoded at 1/2, 1/4 or 1/8, never below `min_side` on either side, which is
    about seven times faster for a phone photo; a large PNG is made that much smaller afterwards. What would take much memory or
    time is refused by its head, and large pictures wait for one another. Raises PictureError.
    """
    try:
        content = bytes(source) if isinstance(source, bytes | bytearray | memoryview) else Path(source).read_bytes()
        with _opened(content) as image:
            held = _held(image, content)
            image.draft(None, (min_side, min_side))
            _check_whole(image)
            large = image.width * image.height > LARGE
            with _turns if large or held > LARGE else nullcontext():
                image.load()
                picture = upright_rgb(image)
                # A copy: torch and others need writable memory.
                return np.array(_reduced(picture, min_side) if large else picture)
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


def scans(content: bytes) -> int:
    """How many scans a JPEG has, counted no further than one more than MAX_SCANS; 1 as soon as it is clear that the first has all, 0 for what is no JPEG."""
    count, position, frame = 0, 2 if content.startswith(b"\xff\xd8") else len(content), None
    while count <= MAX_SCANS and (marker := _MARKER.search(content, position)):
        code, start = content[marker.end() - 1], marker.end()
        if code == _END_OF_IMAGE:
            break
        position = start + int.from_bytes(content[start : start + 2], "big")
        if code in _AT_ONCE and frame is None:
            frame = content[start + 7 : start + 8]  # how many colours the picture has; a scan says how many are in it
        count += code == _START_OF_SCAN
        if code == _START_OF_SCAN and frame == content[start + 2 : start + 3]:
            break
    return count


def _opened(content: bytes) -> Image.Image:
    try:
        # Only the first frame is ever read: the loaders of further frames are where the holes are.
        image = Image.open(io.BytesIO(content), formats=FORMATS)
    except Image.DecompressionBombError as error:
        raise _too_many_pixels() from error
    except UnidentifiedImageError as error:
        raise PictureError("not_a_picture", "This is not a JPG or PNG picture. Convert it to JPG and try again.") from error
    if image.width * image.height > MAX_PIXELS:
        image.close()
        raise _too_many_pixels()
    return image


def _held(image: Image.Image, content: bytes) -> int:
    """The bytes that the decoder keeps of a JPEG with several scans, whatever size it is asked for; raises PictureError for more than it may, or too many scans."""
    if image.format == "PNG" or (count := scans(content)) < 2:
        return 0
    pixels = image.width * image.height
    wide, high = max(layer[1] for layer in image.layer), max(layer[2] for layer in image.layer)
    held = 2 * pixels * sum(layer[1] * layer[2] for layer in image.layer) // max(1, wide * high)
    if count > MAX_SCANS or count * pixels > MAX_PASSES or held > MAX_HELD:
        raise PictureError("too_complex", "This JPG is saved in a way that takes too long to read. Make it smaller, or save it as a plain JPG.")
    return held


def _check_whole(image: Image.Image) -> None:
    if image.width * image.height <= MAX_WHOLE:
        return
    if image.format == "PNG":
        raise PictureError("too_large_for_png", f"This PNG has more than {MAX_WHOLE // 1_000_000} megapixels. Make it smaller, or send it as JPG.")
    raise _too_many_pixels()


def _reduced(picture: Image.Image, min_side: int) -> Image.Image:
    """As much smaller as a JPEG decoder would make it."""
    factor = next((factor for factor in (8, 4, 2) if min(picture.size) >= factor * min_side), 1)
    return picture.reduce(factor) if factor > 1 else picture


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
        return _on_white(image if image.mode == "RGBA" else image.convert("RGBA"))
    return image if image.mode == "RGB" else image.convert("RGB")


def _from_16_bits(image: Image.Image) -> Image.Image:
    # Pillow's own convert() cuts 16 bits off at 255, which turns such a picture white.
    values = np.asarray(image).astype(np.float32)
    return Image.fromarray(np.clip(np.rint(values / 257.0), 0, 255).astype(np.uint8))


def _on_white(image: Image.Image) -> Image.Image:
    white = Image.new("RGBA", image.size, (255, 255, 255, 255))
    return Image.alpha_composite(white, image).convert("RGB")
