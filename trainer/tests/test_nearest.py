import numpy as np
import pytest

from trainer import nearest
from trainer.nearest import DIMENSIONS, Nearest, distances, vectors_of


def kinds(count: int, seed: int = 0) -> np.ndarray:
    """Vectors around a hundred centres, as those of pictures lie around what they show."""
    random, centres = np.random.default_rng(seed), np.abs(np.random.default_rng(99).normal(size=(100, DIMENSIONS)))
    mixed = random.dirichlet(np.full(100, 0.1), count) @ centres
    return np.abs(mixed + 0.02 * random.normal(size=(count, DIMENSIONS))).astype(np.float32)


@pytest.mark.parametrize("whole", [True, False])
def test_the_nearest_of_all_are_among_the_candidates(monkeypatch, whole) -> None:
    if not whole:
        monkeypatch.setattr(nearest, "FEW", 100)
    vectors, questions = kinds(1500), kinds(20, seed=1)
    index = Nearest(len(vectors))
    index.add(vectors[:600])
    index.add(vectors[600:])
    assert index.is_whole == whole and len(index) == 1500
    for question in questions:
        best = np.argsort(distances(question, vectors))[:3]
        assert set(best) <= set(index.search(question, 64))


def test_many_vectors_take_144_bytes_each() -> None:
    index = Nearest(100_000)
    index.add(kinds(600))
    assert index.size_bytes == 600 * 144


def test_fewer_are_found_where_there_are_fewer() -> None:
    index = Nearest(2)
    assert list(index.search(kinds(1)[0], 3)) == []
    index.add(kinds(2))
    assert sorted(index.search(kinds(1)[0], 3)) == [0, 1]


def test_a_vector_is_no_distance_from_itself_and_one_from_what_has_nothing_in_common() -> None:
    one, other = np.zeros((2, DIMENSIONS), np.float32)
    one[:10], other[10:20] = 3, 5
    assert np.allclose(distances(one, np.stack([one, 2 * one, other])), [0, 0, 1], atol=1e-6)


def test_vectors_come_back_as_they_were_kept() -> None:
    vectors = kinds(3).astype("<f2")
    assert (vectors_of(vector.tobytes() for vector in vectors) == vectors.astype(np.float32)).all()
    assert vectors_of([]).shape == (0, DIMENSIONS)
