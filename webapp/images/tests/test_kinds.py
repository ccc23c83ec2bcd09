"""Kinds of pictures beside JPEG and PNG, through real children."""

import io

import numpy as np
import pytest
from PIL import Image as Picture

from fixtures.hostile import kinds, pictures
from webapp.images.decoders import Decoders
from webapp.images.guard import kind


@pytest.fixture(scope="module")
def children():
    with Decoders(1).ready() as ready:
        yield ready


def pixels(content: bytes) -> np.ndarray:
    return np.asarray(Picture.open(io.BytesIO(content))).astype(int)


@pytest.mark.parametrize("make", [kinds.webp, kinds.avif, kinds.heic])
def test_a_picture_that_lies_on_its_side_is_turned_once(make, children):
    prepared = children.submit(make(exif=pictures.exif(6))).result(30)
    assert (prepared.width, prepared.height) == (48, 64)
    turned = np.asarray(pictures.noise((64, 48)).transpose(Picture.Transpose.ROTATE_270)).astype(int)
    assert np.abs(pixels(prepared.jpeg) - turned).mean() < 20  # the other way round it is about 100


@pytest.mark.parametrize("name", [name for name in kinds.TAKEN if name.startswith("first-of")])
def test_the_first_frame_is_the_picture(name, children):
    prepared = children.submit(kinds.TAKEN[name]()).result(30)
    assert np.abs(pixels(prepared.jpeg) - np.asarray(pictures.noise((64, 48))).astype(int)).mean() < 20


@pytest.mark.parametrize("name", ["transparent.webp", "transparent.avif"])
def test_transparent_parts_are_white(name, children):
    assert pixels(children.submit(kinds.TAKEN[name]()).result(30).jpeg)[:, 40:].min() > 235


def test_a_file_of_boxes_is_what_its_brands_say():
    assert [kind(make()) for make in (kinds.heic, kinds.avif, kinds.webp, kinds.gif)] == ["heic", "avif", "webp", "gif"]
    assert kind(b"\0\0\0\x1cftypmif1\0\0\0\0mif1avifmiaf") == "avif"
    assert kind(b"\0\0\0\x1cftypmif1\0\0\0\0mif1heicmiaf") == "heic"
    assert kind(b"\0\0\0\x18ftypisom\0\0\0\0isomavc1") == kind(b"\0\0\0\x08ftyp") == "video"


def test_a_photo_of_a_phone_is_made_small_like_any_other(children):
    prepared = children.submit(kinds.heic((2000, 1504))).result(30)
    assert (prepared.width, prepared.height) == (1024, 770) and len(prepared.jpeg) < 600_000
