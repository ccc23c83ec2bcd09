"""Picture files of the kinds that programs read in different ways, drawn here: each goes into a ZIP with the answer that the page gives for it.

Where an exported model answers otherwise than the place it comes from, it is mostly because the file was read otherwise: not turned upright, its alpha dropped,
16 bits cut off, inks taken for light.
"""

import io
import struct
import zlib
from collections.abc import Iterator
from functools import cache, partial

import numpy as np
from PIL import Image, ImageDraw

WIDTH, HEIGHT = 240, 180
ORIENTATION = 0x0112
_ADAM7 = ((0, 8, 0, 8), (0, 8, 4, 8), (4, 8, 0, 4), (0, 4, 2, 4), (2, 4, 0, 2), (0, 2, 1, 2), (1, 2, 0, 1))  # first row, step, first column, step (PNG, 8.2)


@cache
def pictures() -> dict[str, bytes]:
    """Name and bytes of each file; all of them are good JPEG and PNG files."""
    return dict((*_jpegs(), *_pngs()))


def _jpegs() -> Iterator[tuple[str, bytes]]:
    scene, save = _scene(), partial(_saved, kind="JPEG", quality=90)
    yield "turned-by-the-camera.jpg", save(scene, exif=_turned(6))
    yield "turned-and-mirrored.jpg", save(scene, exif=_turned(5))
    yield "damaged-notes.jpg", save(scene, exif=b"Exif\0\0II*\0\x08\0\0\0\xff\xff\x12\x01")
    yield "inks.jpg", save(scene.convert("CMYK"))
    yield "grey.jpg", save(scene.convert("L"))
    yield "progressive.jpg", save(scene, progressive=True)
    yield "coarse-colours.jpg", save(scene, subsampling="4:2:0")
    yield "plain-rgb.jpg", save(scene, keep_rgb=True)
    yield "two-in-one.jpg", _saved(scene, kind="MPO", save_all=True, append_images=[scene.rotate(180)])
    yield "large.jpg", save(scene.resize((2400, 1800)), exif=_turned(8), quality=60)
    yield "long.jpg", save(scene.resize((600, 40)))


def _pngs() -> Iterator[tuple[str, bytes]]:
    scene, save = _scene(), partial(_saved, kind="PNG")
    grey, fading = scene.convert("L"), Image.linear_gradient("L").resize(scene.size)
    small = scene.resize((80, 60))
    clear = Image.merge("RGBA", (*scene.split(), fading))
    yield "turned.png", save(scene, exif=_turned(3))
    yield "see-through.png", save(clear)
    yield "grey-see-through.png", save(Image.merge("LA", (grey, fading)))
    yield "palette-see-through.png", save(scene.quantize(32), transparency=bytes(range(0, 256, 8)))
    yield "one-clear-colour.png", save(scene, transparency=scene.getpixel((2, 2)))
    yield "sixteen-bits.png", save(Image.fromarray(np.asarray(grey).astype(np.uint16) * 257))
    yield "sixteen-bits-of-colour.png", _png(np.asarray(small).astype(">u2") * 257, interlaced=0)
    yield "interlaced.png", _png(np.asarray(small), interlaced=1)
    yield "one-bit.png", save(grey.convert("1"))
    yield "large.png", save(scene.quantize(64).resize((2400, 1800)))
    yield "tiny.png", save(scene.resize((16, 12)))


def _scene() -> Image.Image:
    """A picture that looks otherwise from every side and in every colour."""
    across, down = np.meshgrid(np.linspace(0, 255, WIDTH), np.linspace(0, 255, HEIGHT))
    image = Image.fromarray(np.stack([across, 255 - down, (across + down) / 2], axis=2).astype(np.uint8))
    draw = ImageDraw.Draw(image)
    draw.ellipse((20, 15, 105, 100), fill=(215, 60, 40), outline=(30, 20, 20), width=4)
    draw.rectangle((150, 20, 225, 60), fill=(40, 90, 200))
    draw.polygon([(130, 165), (185, 90), (230, 165)], fill=(245, 205, 60), outline=(20, 60, 30))
    draw.line((10, 170, 120, 120), fill=(250, 250, 250), width=9)
    return image


def _turned(orientation: int) -> Image.Exif:
    notes = Image.Exif()
    notes[ORIENTATION] = orientation
    return notes


def _saved(image: Image.Image, *, kind: str, **options) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def _png(pixels: np.ndarray, interlaced: int) -> bytes:
    """A PNG file of RGB pixels [height, width, 3], uint8 or big-endian uint16, as Pillow does not write it; interlaced is 1 for the passes of Adam7."""
    passes = [pixels[top::down, left::right] for top, down, left, right in _ADAM7] if interlaced else [pixels]
    rows = b"".join(b"\0" + row.tobytes() for part in passes for row in part)
    header = struct.pack(">IIBBBBB", pixels.shape[1], pixels.shape[0], 8 * pixels.itemsize, 2, 0, 0, interlaced)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", zlib.compress(rows, 9)) + _chunk(b"IEND", b"")


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
