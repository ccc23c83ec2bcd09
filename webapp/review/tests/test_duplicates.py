import numpy as np
import pytest

from trainer.nearest import Nearest
from webapp.images.alike import margin_of
from webapp.review import duplicates
from webapp.review.duplicates import Pictures, leaders_of


def pictures(copies: list[int], seed: int = 0) -> Pictures:
    """For each number a picture and so many copies of it, whose hashes differ in a bit."""
    random = np.random.default_rng(seed)
    origin = np.repeat(np.arange(len(copies)), np.array(copies) + 1)
    vectors = random.gamma(1, size=(len(copies), 1280))[origin] * random.uniform(0.8, 1.2, (len(origin), 1280))
    hashes = random.integers(-(2**63), 2**63 - 1, len(copies))[origin] ^ (1 << random.integers(0, 60, len(origin)))
    return Pictures(vectors.astype("<f2"), np.linalg.norm(vectors, axis=1).astype(np.float32), hashes, random.random(len(origin)) < 0.9)


def index_of(made: Pictures):
    index = Nearest(len(made))
    index.add(made.vectors.astype(np.float32))
    return index.neighbours


def near(made: Pictures) -> np.ndarray:
    """Which pairs the rule calls near, bool [N, N], by comparing each with each."""
    units, bits = made.units(slice(None)), made.bits(np.arange(len(made)))
    return margin_of(units @ units.T, bits @ bits.T) >= 0


def test_groups_are_those_that_comparing_each_with_each_finds_and_the_first_in_the_order_leads() -> None:
    made = pictures([0, 3, 1, 0, 7, 2, 0, 0, 5, 1] * 20)
    order, alike = np.random.default_rng(1).permutation(len(made)), near(made)
    leaders = leaders_of(made, order, index_of(made))
    turn = np.argsort(order)
    assert alike[np.arange(len(made)), leaders].all() and (leaders[leaders] == leaders).all() and (turn[leaders] <= turn).all()
    leads = leaders == np.arange(len(made))
    assert leads.sum() == 200 and not (alike & leads & leads[:, None])[~np.eye(len(made), dtype=bool)].any()


@pytest.mark.parametrize("few", [20_000, 100])
def test_pictures_that_are_all_equal_are_one_group_however_many(few, monkeypatch) -> None:
    monkeypatch.setattr("trainer.nearest.EXACT", few)
    made = pictures([900, *[0] * 200])
    same = np.where(np.arange(len(made)) <= 900, 0, np.arange(len(made)))
    equal = Pictures(made.vectors[same], made.lengths[same], made.hashes[same], made.hashed[same])
    leaders = leaders_of(equal, np.arange(len(equal))[::-1], index_of(equal))
    assert set(leaders[:901]) == {900} and len(set(leaders)) == 201


def test_a_picture_without_a_vector_is_near_to_nothing() -> None:
    made = pictures([2, 0])
    made.vectors[1:3], made.lengths[1:3] = 0, 0
    made.hashes[:] = 5
    assert leaders_of(made, np.arange(4), index_of(made)).tolist() == [0, 1, 2, 3]


def test_looking_for_groups_stops_when_it_is_told_to(monkeypatch) -> None:
    monkeypatch.setattr(duplicates, "BLOCK", 2)
    made, looks = pictures([0] * 10), []
    with pytest.raises(InterruptedError):
        leaders_of(made, np.arange(10), index_of(made), lambda: looks.append(1) if len(looks) < 3 else (_ for _ in ()).throw(InterruptedError))
    assert len(looks) == 3
