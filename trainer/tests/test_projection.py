import numpy as np
import pytest

from trainer import projection
from webapp.similar import mapping

KINDS, EACH = 3, 30


def vectors(count: int = KINDS * EACH) -> np.ndarray:
    """Vectors of three kinds by turns, in the size in which they are stored."""
    draw = np.random.default_rng(0)
    kinds = np.abs(draw.normal(size=(KINDS, 1280)))[np.arange(count) % KINDS]
    return (kinds + 0.5 * np.abs(draw.normal(size=(count, 1280)))).astype(np.float16)


def distances(places: np.ndarray) -> np.ndarray:
    return np.linalg.norm(places[:, None] - places[None], axis=2)


def test_what_looks_alike_lies_together_in_a_square_from_0_to_1():
    places = list(projection.lay_out(vectors()))
    assert len(places) == projection.ROUNDS == mapping.ROUNDS
    last = places[-1]
    near = np.argsort(distances(last), axis=1)[:, 1:6]
    assert last.min() == 0 and last.max() == 1 and last.dtype == np.float32
    assert (near % KINDS == np.arange(len(last))[:, None] % KINDS).all()


def test_the_same_pictures_get_the_same_map():
    assert np.array_equal(*[list(projection.lay_out(vectors(40)))[-1] for _time in range(2)])


def test_few_pictures_and_equal_ones_are_laid_out_too():
    for count in (1, 2, 7, 8, 9):
        assert list(projection.lay_out(vectors(count)))[-1].shape == (count, 2)
    equal = list(projection.lay_out(np.repeat(vectors(4), 5, axis=0)))[-1]
    assert np.isfinite(equal).all()


@pytest.mark.parametrize("count", [1, 8, 100, 1300])
def test_pictures_that_are_all_the_same_lie_on_one_place(count):
    places = list(projection.lay_out(np.repeat(vectors(1), count, axis=0)))[-1]
    assert places.shape == (count, 2) and (places == 0.5).all()
    assert projection.regions(places).shape == (count,)


def test_a_map_of_equal_pictures_or_one_that_was_a_line_can_be_gone_on_from():
    found = vectors(20)
    for before in (np.full((20, 2), 0.5), np.stack([np.full(20, 0.5), np.linspace(0, 1, 20)], axis=1)):
        assert np.isfinite(list(projection.lay_out(found, before.astype(np.float32)))[-1]).all()


def test_nothing_is_its_own_neighbour_where_some_are_equal():
    near = projection.neighbours(np.repeat(np.eye(6, dtype=np.float32), 3, axis=0))
    assert near.shape == (18, 17)
    assert not (near == np.arange(18)[:, None]).any()


def test_a_new_map_lies_as_the_old_one_did():
    before = list(projection.lay_out(vectors()))[-1]
    turned = before[:, ::-1].copy()
    turned[0] = np.nan  # came later
    after = list(projection.lay_out(vectors(), turned))[-1]
    assert np.abs(after[1:] - turned[1:]).mean() < 0.15 < np.abs(before - turned)[1:].mean()
    assert distances(after)[0, 3] < 0.3


def test_parts_of_the_map_have_neighbours_in_them_and_no_number_is_left_out():
    places = list(projection.lay_out(vectors()))[-1]
    regions = projection.regions(places)
    assert sorted(set(regions)) == [0, 1]
    assert all(len(set(regions[kind::KINDS])) == 1 for kind in range(KINDS))
    assert projection.regions(places[:1]).tolist() == [0]
