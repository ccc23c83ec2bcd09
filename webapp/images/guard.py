"""What a picture file must be, and what is made of it: a plain upright JPEG without metadata, its thumbnail and pixels for the network.

Runs in a child process (`webapp.images.child`), so it knows no Django: it answers with the name of a reason, and `webapp.images.reasons` has the sentences.
"""

import hashlib
import io
from dataclasses import dataclass

import numpy as np
from PIL import AvifImagePlugin, GifImagePlugin, Image, UnidentifiedImageError, WebPImagePlugin

from trainer import pixels
from trainer.pixels import MAX_SCANS, scans
from webapp.images.looks import Looks, look

MAX_BYTES = 20_000_000
MAX_PIXELS = pixels.MAX_PIXELS
MAX_SIDE, MIN_SIDE = 12_000, 16
STORED_SIDE, STORED_QUALITY = 1024, 90
THUMB_SIDE, THUMB_QUALITY = 256, 80
PICTURES = ("jpeg", "png", "webp", "heic", "avif", "gif")  # kinds that are taken; of a GIF the first frame
ENDINGS = (".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".heic", ".heif", ".hif", ".avif", ".gif")  # that names of such files have
ACCEPT = ", ".join((*(f"image/{name}" for name in PICTURES), "*/*;q=0.1"))  # what hosts of pictures are asked for
NETWORK_SIDE = 224  # what the embedder looks at: trainer.embed.SIZE, which a child cannot import without onnxruntime

_REDUCIBLE = ("L", "RGB", "CMYK", "YCbCr")  # with alpha, Pillow would mix in the colours of what is transparent; with 16 bits, it cannot
_SHRINKABLE = (*_REDUCIBLE, "RGBA", "LA", "I;16")
_BOM = b"\xef\xbb\xbf"
_MAGIC = (
    (b"\xff\xd8\xff", "jpeg"),
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"GIF8", "gif"),
    (b"BM", "bmp"),
    (b"II*\0", "tiff"),
    (b"MM\0*", "tiff"),
    (b"%PDF", "pdf"),
    (b"%!PS", "pdf"),
    (b"PK\x03\x04", "archive"),
    (b"PK\x05\x06", "archive"),
    (b"PK\x07\x08", "archive"),
    (b"Rar!", "archive"),
    (b"7z\xbc\xaf", "archive"),
    (b"\x1f\x8b", "archive"),
    (b"BZh", "archive"),
    (b"\xfd7zXZ", "archive"),
)
_HEIF_BRANDS = {b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"hevm", b"hevs", b"mif1", b"msf1"}
_AVIF_BRANDS = {b"avif", b"avis"}


class Refused(Exception):
    """A file is not taken; `reason` is a key of `webapp.images.reasons.SENTENCES`."""

    def __init__(self, reason: str):
        super().__init__(reason)
        self.reason = reason


@dataclass
class Prepared:
    """What is kept of a picture. `pixels` is uint8 [224, 224, 3] for the embedder, `looks` what is seen in them."""

    jpeg: bytes
    thumb: bytes
    width: int
    height: int
    pixels: np.ndarray
    looks: Looks

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.jpeg).hexdigest()


def kind(start: bytes) -> str:
    """What a file is by its first bytes (512 are enough), whatever its name says: jpeg, png, ... or unknown."""
    for magic, name in _MAGIC:
        if start.startswith(magic):
            return name
    if start[4:8] == b"ftyp":
        return _boxed(start)
    if start[:4] == b"RIFF":
        return "webp" if start[8:12] == b"WEBP" else "video"
    return _markup(start[:512].removeprefix(_BOM).lstrip().lower())


def _boxed(start: bytes) -> str:
    """What a file of boxes (ISO 14496-12) is, by its brands: the general ones of HEIF stand for AVIF too."""
    length = int.from_bytes(start[:4], "big")
    brands = {start[place : place + 4] for place in (8, *range(16, min(length, len(start)) - 3, 4))}
    return "avif" if brands & _AVIF_BRANDS else "heic" if start[8:12] in _HEIF_BRANDS else "video"


def _markup(text: bytes) -> str:
    if not text.startswith(b"<"):
        return "unknown"
    if b"<svg" in text:
        return "svg"
    return "html" if b"<html" in text or b"<!doctype html" in text or b"<head" in text or b"<body" in text or b"<script" in text else "unknown"


def check_kind(content: bytes) -> None:
    """Raise Refused unless this may be a picture of a kind and size we take. Looks at no more than the start."""
    if not content:
        raise Refused("empty_file")
    found = kind(content[:512])
    if found not in PICTURES:
        raise Refused({"unknown": "not_a_picture"}.get(found, f"is_{found}"))
    if len(content) > MAX_BYTES:
        raise Refused("file_too_big")


def prepare(content: bytes) -> Prepared:
    """Decode a picture to its last pixel and make what is kept of it. Raises Refused; may take much memory and time, so call it in a child."""
    check_kind(content)
    if scans(content) > MAX_SCANS:
        raise Refused("too_complex")
    try:
        return _prepare(content)
    except MemoryError:
        raise Refused("too_complex") from None
    except UnidentifiedImageError:
        raise Refused("damaged") from None
    except Image.DecompressionBombError:
        raise Refused("too_many_pixels") from None
    except (*pixels.DAMAGE, RuntimeError):  # the latter is what the decoders of AVIF and HEIC say of anything that they cannot read
        raise Refused("damaged") from None


def _prepare(content: bytes) -> Prepared:
    # Only the first frame is ever read (MPO, APNG, GIF): the loaders of further frames are where the holes are.
    with _opened(content) as image:
        check_size(image.size)
        short_side = min(image.size)
        target = fit(image.size, STORED_SIDE)
        image.draft(None, target)
        image.load()
        picture = pixels.upright_rgb(_shrunk(image, target))
    picture.info = {}  # Pillow writes the comment and the XMP of the source otherwise
    seen = _for_network(picture)
    return Prepared(
        jpeg=_jpeg(picture, STORED_QUALITY),
        thumb=_jpeg(_thumbnail(picture), THUMB_QUALITY),
        width=picture.width,
        height=picture.height,
        pixels=seen,
        looks=look(seen, short_side),
    )


def _opened(content: bytes) -> Image.Image:
    """The picture, by the one decoder that its first bytes call for, and mostly not decoded yet."""
    found = kind(content[:512])
    if found in ("jpeg", "png"):
        return Image.open(io.BytesIO(content), formats=pixels.FORMATS)
    return {"gif": GifImagePlugin.GifImageFile, "webp": _webp, "avif": _avif, "heic": _heic}[found](io.BytesIO(content))


def _webp(stream: io.BytesIO) -> Image.Image:
    check_size(_webp_size(stream.getvalue()))  # the decoder claims its memory when it is opened
    return WebPImagePlugin.WebPImageFile(stream)


def _webp_size(content: bytes) -> tuple[int, int]:
    """Width and height in the header of a WebP (RFC 9649, sections 2.5 to 2.7); raises Refused."""
    head, first = content[:30], content[12:16]
    if first == b"VP8X":
        return 1 + int.from_bytes(head[24:27], "little"), 1 + int.from_bytes(head[27:30], "little")
    if first == b"VP8L":
        bits = int.from_bytes(head[21:25], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if first == b"VP8 ":
        return int.from_bytes(head[26:28], "little") & 0x3FFF, int.from_bytes(head[28:30], "little") & 0x3FFF
    raise Refused("damaged")


def _avif(stream: io.BytesIO) -> Image.Image:
    AvifImagePlugin.DEFAULT_MAX_THREADS = 1  # the limits of a child are meant for one thread
    return AvifImagePlugin.AvifImageFile(stream)


def _heic(stream: io.BytesIO) -> Image.Image:
    from pi_heif import open_heif, options  # here, so that a child that meets no HEIC does not carry its decoder

    options.DECODE_THREADS = 1
    picture = open_heif(stream)
    check_size(picture.size)
    return picture.to_pillow()  # turned upright already


def check_size(size: tuple[int, int]) -> None:
    """Raise Refused for a picture whose header says that it is too large or too small."""
    if size[0] * size[1] > MAX_PIXELS:
        raise Refused("too_many_pixels")
    if max(size) > MAX_SIDE:
        raise Refused("too_long")
    if min(size) < MIN_SIDE:
        raise Refused("too_small")


def fit(size: tuple[int, int], side: int) -> tuple[int, int]:
    """The size of a picture made to fit into a square of `side` pixels; never larger than it was."""
    scale = min(1.0, side / max(size))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _shrunk(image: Image.Image, target: tuple[int, int]) -> Image.Image:
    # Shrinking comes first: turning and flattening 40 megapixels would need four times the memory.
    if image.size == target:
        return image
    if "transparency" in image.info:
        image = image.convert("RGBA")
    elif image.mode not in _SHRINKABLE:
        image = image.convert("RGB")
    smaller = image.resize(target, Image.Resampling.BICUBIC, reducing_gap=2.0 if image.mode in _REDUCIBLE else None)
    smaller.info = dict(image.info)
    return smaller


def _thumbnail(picture: Image.Image) -> Image.Image:
    return picture.resize(fit(picture.size, THUMB_SIDE), Image.Resampling.BILINEAR, reducing_gap=1.0)


def _for_network(picture: Image.Image) -> np.ndarray:
    # Halved first as often as a JPEG decoder would for `trainer.pixels.decode`, so that vectors are the same as when the stored file is read.
    factor = 1
    while factor < 8 and min(picture.size) // (2 * factor) >= NETWORK_SIDE:
        factor *= 2
    return pixels.squashed(picture.reduce(factor) if factor > 1 else picture, NETWORK_SIDE)


def _jpeg(picture: Image.Image, quality: int) -> bytes:
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=quality)
    return out.getvalue()
