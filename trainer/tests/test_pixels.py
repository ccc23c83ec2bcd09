import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from trainer.pixels import PictureError, decode


def encoded(image, kind, **options):
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def png_header(width, height):
    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 99)) + chunk(b"IEND", b"")


def red_left():
    image = Image.new("RGB", (200, 100), (0, 0, 255))
    image.paste((255, 0, 0), (0, 0, 100, 100))
    return image


def test_sixteen_bits_are_scaled_and_not_cut_off():
    ramp = np.linspace(0, 65535, 80 * 100).reshape(80, 100).astype(np.uint16)
    pixels = decode(encoded(Image.fromarray(ramp), "PNG"))
    assert (pixels[0, 0].tolist(), pixels[-1, -1].tolist()) == ([0, 0, 0], [255, 255, 255])
    assert np.abs(pixels[..., 0].astype(int) - ramp // 257).max() <= 1


def test_print_colours_become_screen_colours():
    pixels = decode(encoded(Image.new("CMYK", (90, 80), (0, 255, 255, 0)), "JPEG"))
    assert np.abs(pixels.astype(int) - (255, 0, 0)).max() <= 3


@pytest.mark.parametrize("image", [Image.new("RGBA", (9, 8), (255, 0, 0, 0)), Image.new("LA", (9, 8), (0, 0))])
def test_what_is_transparent_becomes_white(image):
    assert (decode(encoded(image, "PNG")) == 255).all()


def test_a_transparent_colour_of_a_palette_becomes_white():
    image = Image.new("P", (9, 8), 3)
    image.putpalette([0, 0, 0] * 3 + [9, 200, 9] * 253)
    assert (decode(encoded(image, "PNG", transparency=3)) == 255).all()
    assert decode(encoded(image, "PNG"))[0, 0].tolist() == [9, 200, 9]


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_is_turned_upright(orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = encoded(red_left(), "PNG", exif=exif)
    back = {2: 0, 3: 3, 4: 1, 5: 5, 6: 4, 7: 6, 8: 2}  # numbers of Pillow's transpose, which exif_transpose uses too
    wanted = red_left() if orientation == 1 else red_left().transpose(Image.Transpose(back[orientation]))
    assert np.array_equal(decode(data), np.asarray(wanted))


def test_a_large_jpeg_is_decoded_small_but_never_below_the_wanted_side():
    pixels = decode(encoded(red_left().resize((1600, 1200)), "JPEG"), min_side=224)
    assert pixels.shape == (300, 400, 3)
    assert decode(encoded(red_left(), "JPEG"), min_side=224).shape == (100, 200, 3)


def test_the_first_frame_of_a_phone_photo_is_taken():
    data = encoded(red_left(), "MPO", save_all=True, append_images=[Image.new("RGB", (200, 100))])
    assert decode(data)[50, 20, 0] > 250


@pytest.mark.parametrize(("data", "reason"), [
    (b"", "not_a_picture"),
    (b"<html><body>not found</body></html>", "not_a_picture"),
    (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "not_a_picture"),
    (encoded(red_left(), "GIF"), "not_a_picture"),
    (encoded(red_left(), "JPEG")[:700], "damaged"),
    (encoded(red_left(), "PNG")[:90], "damaged"),
    (png_header(50, 50), "damaged"),
    (png_header(8000, 8000), "too_many_pixels"),
    (png_header(30000, 30000), "too_many_pixels"),
])
def test_what_is_no_picture_is_refused_with_its_reason(data, reason):
    with pytest.raises(PictureError) as caught:
        decode(data)
    assert caught.value.reason == reason
    assert str(caught.value).endswith(".")


def test_a_hundred_megapixels_are_refused_from_the_header():
    with pytest.warns(Image.DecompressionBombWarning), pytest.raises(PictureError, match="40 megapixels"):
        decode(png_header(10_000, 10_000))


def test_a_picture_is_read_from_a_path_too_and_a_missing_one_is_refused(tmp_path):
    (tmp_path / "a.png").write_bytes(encoded(red_left(), "PNG"))
    assert decode(tmp_path / "a.png").flags.writeable
    with pytest.raises(PictureError):
        decode(tmp_path / "b.png")
