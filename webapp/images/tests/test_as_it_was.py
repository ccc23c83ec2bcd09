"""A picture that comes back from an export is the one that went out."""

from webapp.core.test import jpeg
from webapp.images.guard import prepare


def test_a_picture_that_we_made_stays_the_same_to_the_last_byte():
    ours = prepare(jpeg(3, (640, 480))).jpeg
    assert prepare(ours).jpeg == ours


def test_a_picture_that_looks_like_ours_but_carries_something_else_is_made_anew():
    ours = prepare(jpeg(3)).jpeg
    comment = b"\xff\xfe\x00\x0a<script>"
    for foreign in (ours[:2] + comment + ours[2:], ours + b"PK\x03\x04", ours[:-2] + comment + ours[-2:]):
        made = prepare(foreign).jpeg
        assert made != foreign and b"script" not in made and b"PK" not in made[-8:]
