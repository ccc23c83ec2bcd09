import numpy as np

from webapp.core.test import Cast
from webapp.images.lookalikes import NEAR_BITS, Lookalikes, differing_bits, leaders_of
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


def test_hashes_have_the_leader_that_comparing_all_of_them_finds():
    random = np.random.default_rng(0)
    hashes = list(random.integers(-(2**63), 2**63 - 1, 60).tolist())
    for phash in hashes[:40]:
        flipped = random.choice(64, random.integers(0, 2 * NEAR_BITS), replace=False)
        hashes.append(int(np.bitwise_xor.reduce(np.int64(1) << flipped.astype(np.int64), initial=np.int64(phash))))
    near = [[other for other in range(place) if differing_bits(np.array(hashes[other : other + 1], np.int64), phash)[0] <= NEAR_BITS] for place, phash in enumerate(hashes)]
    assert 5 < sum(map(bool, near)) < 35
    assert leaders_of(hashes) == [min(some, default=place) for place, some in enumerate(near)]


def test_a_group_does_not_grow_into_a_chain_and_a_picture_without_a_hash_is_alone():
    assert leaders_of([None, 0, 0b1111, 0b11111111, None, 0b11111110, 0]) == [0, 1, 1, 3, 4, 3, 1]
