import io
import struct
import zlib
from concurrent.futures import ThreadPoolExecutor
from threading import Semaphore

import numpy as np
import pytest
from PIL import Image

from trainer.pixels import PictureError, decode, scans


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


def many_scans(count, side):
    plain = encoded(Image.new("RGB", (side, side), "navy"), "JPEG", progressive=True)
    last = plain.rindex(b"\xff\xda")
    return plain[:last] + plain[last:-2] * count + plain[-2:]


@pytest.mark.parametrize(("data", "reason"), [
    (png_header(4000, 3001), "too_large_for_png"),
    (many_scans(99, 16), "too_complex"),  # little each, but one after another
    (many_scans(50, 2700), "too_complex"),
    (encoded(Image.new("RGB", (5100, 5000)), "JPEG", progressive=True, subsampling=0), "too_complex"),  # its decoder would keep 153 MB
    (encoded(Image.new("RGB", (400, 30_100)), "JPEG"), "too_many_pixels"),  # too narrow to be unpacked smaller
])
def test_what_would_take_much_memory_or_time_is_refused_by_its_head(data, reason):
    with pytest.raises(PictureError) as caught:
        decode(data)
    assert caught.value.reason == reason


def test_photos_of_cameras_are_taken_also_progressive_ones_and_of_forty_megapixels():
    assert decode(encoded(Image.new("L", (7300, 5470)), "JPEG")).shape == (684, 913, 3)
    assert decode(encoded(Image.new("RGB", (6000, 4000)), "JPEG", progressive=True)).shape == (500, 750, 3)


def test_a_large_png_is_made_as_small_as_a_jpeg_and_never_smaller_than_the_network_needs():
    ramp = Image.radial_gradient("L").resize((2400, 2000))
    found, wanted = (decode(encoded(ramp, kind)).astype(int) for kind in ("PNG", "JPEG"))
    assert found.shape == wanted.shape == (250, 300, 3) and np.abs(found - wanted).max() <= 8
    assert decode(encoded(Image.new("L", (30_000, 300)), "PNG")).shape == (300, 30_000, 3)


def test_two_large_pictures_are_unpacked_at_once_and_a_small_one_waits_for_none(monkeypatch):
    turns = Semaphore(2)
    monkeypatch.setattr("trainer.pixels._turns", turns)
    large, small = encoded(Image.new("L", (2400, 2000)), "PNG"), encoded(red_left(), "PNG")
    with turns, turns, ThreadPoolExecutor() as pool:
        waits = pool.submit(decode, large)
        assert decode(small).shape == (100, 200, 3)
        with pytest.raises(TimeoutError):
            waits.result(0.3)
        turns.release()
        assert waits.result(30).shape == (250, 300, 3)
        turns.acquire()


def test_a_plain_photo_is_known_by_its_first_scan_and_no_segment_hides_another():
    plain, progressive = encoded(red_left(), "JPEG"), encoded(red_left(), "JPEG", progressive=True)
    assert scans(plain) == scans(plain + b"\xff\xda" * 500) == 1
    first = progressive.index(b"\xff\xda")
    assert scans(progressive) == scans(progressive[:first] + b"\xff\x01" + progressive[first:]) == 10
