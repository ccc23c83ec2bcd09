"""A picture that comes back from an export is the one that went out, and nothing else is stored as it came."""

import hashlib

from webapp.core import store
from webapp.core.test import Cast, jpeg
from webapp.images.guard import prepare
from webapp.images.intake import Candidate, take_in
from webapp.images.seals import fits, seal

ZIP = b"PK\x03\x04<script>alert(1)</script>" * 1000


def sealed(content: bytes) -> str:
    return seal(hashlib.sha256(content).hexdigest())


class Seals(Cast):
    def kept(self, content: bytes, said: str) -> bytes:
        """What is stored of a file that came with a seal."""
        outcomes = []
        take_in(self.project, [Candidate(self.cat, content, seal=said)], outcomes.append)
        return store.get(outcomes[0].image.file_name)

    def test_a_picture_of_ours_with_its_seal_stays_the_same_to_the_last_byte(self):
        ours = prepare(jpeg(3, (640, 480))).jpeg
        assert self.kept(ours, sealed(ours)) == ours

    def test_another_file_with_that_seal_is_made_anew(self):
        ours = prepare(jpeg(3)).jpeg
        for place in (2, len(ours) - 2, len(ours)):
            foreign = ours[:place] + ZIP + ours[place:] if place != 2 else ours[:2] + b"\xff\xfe\x00\x0a<script>" + ours[2:]
            made = self.kept(foreign, sealed(ours))
            assert made != foreign and b"<script" not in made and b"PK\x03\x04" not in made


def test_a_file_that_looks_like_ours_is_made_anew_whatever_it_hides_among_its_pixels():
    ours = prepare(jpeg(3)).jpeg
    made = prepare(ours[:-2] + ZIP + ours[-2:]).jpeg
    assert b"PK\x03\x04" not in made and b"<script" not in made
    assert prepare(ours[:-2] + b"\x01" + ours[-2:]).jpeg == prepare(ours).jpeg


def test_a_seal_needs_the_key_of_this_server(settings):
    ours = prepare(jpeg(3)).jpeg
    said = sealed(ours)
    assert fits(ours, said) and not any(fits(ours, other) for other in ("", "é", said[:-1], hashlib.sha256(ours).hexdigest()))
    settings.SECRET_KEY = "another"
    assert not fits(ours, said)
