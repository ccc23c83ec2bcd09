"""The picture that is kept with an answer: small, upright, without metadata (where a photo was taken is nobody's business)."""

import io

from PIL import Image

from trainer.pixels import DAMAGE, FORMATS, MAX_PIXELS, MAX_WHOLE, upright_rgb

SIDE, QUALITY = 640, 85  # enough to look at, to learn from and to ask about again


def shrunk(data: bytes) -> bytes | None:
    """A JPEG of at most 640 px of a file that a model could read; None where that would take too much memory, or the file is not whole."""
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            if image.width * image.height > (MAX_WHOLE if image.format == "PNG" else MAX_PIXELS):
                return None
            image.draft(None, (SIDE, SIDE))
            image.load()
            return jpeg(upright_rgb(image))
    except DAMAGE:
        return None


def jpeg(picture: Image.Image) -> bytes:
    """A picture without whatever its file said about it."""
    picture.thumbnail((SIDE, SIDE), Image.Resampling.BICUBIC)
    picture.info = {}
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=QUALITY)
    return out.getvalue()
