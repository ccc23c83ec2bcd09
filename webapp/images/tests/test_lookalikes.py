import numpy as np

from webapp.core.test import Cast
from webapp.images.lookalikes import NEAR_BITS, Lookalikes, differing_bits
from webapp.images.models import Image


class LookalikesTests(Cast):
    def hashed(self, seed: int, phash: int | None, **values) -> Image:
        image = self.image(self.cat, seed)
        Image.objects.filter(id=image.id).update(phash=phash, **values)
        image.refresh_from_db()
        return image

    def test_a_picture_is_near_to_one_that_was_there_or_has_just_come(self):
        first = self.hashed(1, 0b1111)
        seen = Lookalikes(self.project)
        assert seen.add(self.hashed(2, 0)) == first.id
        second = self.hashed(3, -1)
        assert seen.add(second) is None and seen.add(self.hashed(4, -2)) == second.id

    def test_five_bits_apart_is_another_picture_and_what_was_set_aside_or_empty_is_near_to_nothing(self):
        self.hashed(1, 0, status=Image.SET_ASIDE)
        seen = Lookalikes(self.project)
        assert not seen.add(self.hashed(2, 0)) and not seen.add(self.hashed(3, None))
        assert not seen.add(self.hashed(4, 2 ** (NEAR_BITS + 1) - 1))


def test_bits_are_counted_with_the_sign():
    assert differing_bits(np.array([0, -1, 1]), 0).tolist() == [0, 64, 1]
