import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Picture
from PIL import ImageFilter

from fixtures import samples
from webapp.images.guard import prepare
from webapp.images.looks import Looks

PHOTOS = sorted(Path("../shared/data/clothing").glob("*/*.jpg"))


def looks(picture: Picture.Image, quality: int = 90) -> Looks:
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=quality)
    return prepare(out.getvalue()).looks


def bits(first: Looks, second: Looks) -> int:
    """How many bits of two hashes differ."""
    return (first.phash % 2**64 ^ second.phash % 2**64).bit_count()


def blurred(picture: Picture.Image, share: float) -> Picture.Image:
    return picture.filter(ImageFilter.GaussianBlur(share * max(picture.size)))


def test_copies_share_a_hash_and_other_pictures_do_not():
    drawn = [samples.draw(kind, seed) for kind in samples.LABELS for seed in range(4)]
    seen = [looks(one) for one in drawn]
    assert all(bits(look, looks(one.reduce(2), 40)) <= 8 for one, look in zip(drawn, seen, strict=True))
    apart = [bits(a, b) for n, a in enumerate(seen) for b in seen[:n]]
    assert min(apart) > 8 and np.median(apart) > 24
    assert all(-(2**63) <= look.phash < 2**63 for look in seen)


def test_a_picture_in_one_colour_is_empty_and_has_no_hash():
    plain = Picture.effect_noise((300, 200), 4).convert("RGB")
    assert looks(plain) == Looks(phash=None, is_blurred=False, is_tiny=False, is_empty=True)
    plain.paste(samples.draw("cat", 1).resize((80, 80)))
    assert not looks(plain).is_empty


def test_a_picture_that_came_small_is_tiny_whatever_its_longer_side():
    assert looks(samples.draw("cat", 1).resize((500, 111))).is_tiny
    assert not looks(samples.draw("cat", 1).resize((112, 112))).is_tiny


def test_a_blurred_drawing_is_blurred_and_a_sharp_thing_before_nothing_is_not():
    drawn = samples.draw("dog", 3)
    assert looks(blurred(drawn, 0.015)).is_blurred and not looks(drawn).is_blurred
    wall = Picture.new("RGB", (600, 600), "#c8beaa")
    wall.paste(drawn.resize((200, 200)), (200, 200))
    assert not looks(wall).is_blurred


@pytest.mark.skipif(not PHOTOS, reason="needs the photos of ../shared/data")
def test_sharp_photos_raise_no_alarm_and_blurred_ones_do():
    photos = [Picture.open(path) for path in PHOTOS[::20]]
    assert not [one for one in map(looks, photos) if one.is_blurred or one.is_tiny or one.is_empty]
    assert sum(looks(blurred(photo, 0.01)).is_blurred for photo in photos) >= 0.9 * len(photos)
