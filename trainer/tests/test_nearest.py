import io
from functools import cache

import numpy as np
import pytest

from trainer import nearest
from trainer.nearest import DIMENSIONS, Nearest, distances, ranked, vectors_of
from trainer.products import nearest_of_all
from trainer.standalone.novelty import directions


@cache
def kinds(count: int, seed: int = 0) -> np.ndarray:
    """Vectors around a hundred centres, as those of pictures lie around what they show."""
    random, centres = np.random.default_rng(seed), np.abs(np.random.default_rng(99).normal(size=(100, DIMENSIONS)))
    mixed = random.dirichlet(np.full(100, 0.1), count) @ centres
    return np.abs(mixed + 0.02 * random.normal(size=(count, DIMENSIONS))).astype(np.float32)


@pytest.fixture(params=["in two bytes", "in one byte", "in components"])
def index(request, monkeypatch) -> Nearest:
    monkeypatch.setattr(nearest, "FEW", 4096 if request.param == "in two bytes" else 100)
    monkeypatch.setattr(nearest, "EXACT", 100 if request.param == "in components" else 20_000)
    made = Nearest(1500)
    made.add(kinds(1500)[:700])
    made.add(kinds(1500)[700:])
    return made


def test_the_nearest_of_all_are_among_the_candidates_also_after_keeping(index) -> None:
    file = io.BytesIO()
    np.savez(file, **index.arrays())
    file.seek(0)
    kept = Nearest.of_arrays(np.load(file))
    assert len(kept) == len(index) == 1500 and (kept.kind, kept.size_bytes) == (index.kind, index.size_bytes)
    for question in kinds(20, seed=1):
        best = np.argsort(distances(question, kinds(1500)))[:3]
        assert set(best) <= set(kept.search(question, 64).places)


def test_what_an_exact_index_does_not_name_is_as_far_away_as_it_says(index) -> None:
    for question in kinds(20, seed=1):
        found = index.search(question, 64)
        others = np.delete(distances(question, kinds(1500)), found.places)
        assert others.min() >= found.beyond - 1e-6 if index.is_exact else found.beyond == np.inf
    assert index.search(question, 1500).beyond == np.inf


def test_many_questions_get_the_answers_that_one_gets_and_their_order_is_exact(index) -> None:
    units, questions = directions(kinds(1500)), kinds(100, seed=1)
    found = ranked(directions(questions), index.search_many(questions, 64), units, 3)
    cosines, exact = nearest_of_all(directions(questions), units, 3)
    assert (found == exact).mean() > 0.99, (found[:5], exact[:5])
    assert np.allclose(cosines, (units[exact] * directions(questions)[:, None]).sum(axis=2), atol=1e-5)


def test_comparing_in_blocks_finds_what_comparing_all_finds(monkeypatch) -> None:
    monkeypatch.setattr("trainer.products.VECTORS", 70)
    monkeypatch.setattr("trainer.products.QUESTIONS", 7)
    units, questions = directions(kinds(150)), directions(kinds(20, seed=1))
    assert (nearest_of_all(questions, units, 5)[1] == np.argsort(-(questions @ units.T), axis=1)[:, :5]).all()


def test_many_vectors_take_240_bytes_each() -> None:
    index = Nearest(100_000)
    index.add(kinds(1500)[:700])
    assert index.size_bytes == 700 * 240


def test_fewer_are_found_where_there_are_fewer() -> None:
    index = Nearest(2)
    assert list(index.search(kinds(1)[0], 3).places) == []
    index.add(kinds(2))
    assert sorted(index.search(kinds(1)[0], 3).places) == [0, 1]


def test_a_vector_is_no_distance_from_itself_and_one_from_what_has_nothing_in_common() -> None:
    one, other = np.zeros((2, DIMENSIONS), np.float32)
    one[:10], other[10:20] = 3, 5
    assert np.allclose(distances(one, np.stack([one, 2 * one, other])), [0, 0, 1], atol=1e-6)


def test_the_middle_is_as_far_from_two_that_have_nothing_in_common() -> None:
    one, other = np.zeros((2, DIMENSIONS), np.float32)
    one[:10], other[10:20] = 3, 5
    assert np.allclose(distances(nearest.centre(np.stack([one, other])), np.stack([one, other])), 1 - 0.5**0.5)


def test_vectors_come_back_as_they_were_kept() -> None:
    vectors = kinds(3).astype("<f2")
    assert (vectors_of(vector.tobytes() for vector in vectors) == vectors.astype(np.float32)).all()
    assert vectors_of([]).shape == (0, DIMENSIONS)
