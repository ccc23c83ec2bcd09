import numpy as np
import pytest

from trainer import nearest, recall
from trainer.nearest import Nearest
from trainer.recall import Truth, widened
from trainer.tests.test_nearest import kinds


@pytest.fixture
def index(monkeypatch) -> Nearest:
    monkeypatch.setattr(nearest, "EXACT", 100)
    made = Nearest(1500)
    made.add(kinds(1500))
    return made


def truth_of(vectors: np.ndarray) -> Truth:
    truth = Truth(vectors)
    for start in range(0, len(vectors), 400):
        truth.see(vectors[start : start + 400])
    return truth


def test_true_neighbours_are_those_that_comparing_each_with_each_finds() -> None:
    truth, units = truth_of(kinds(1500)), recall.directions(kinds(1500))
    best = np.argsort(-(units[:300] @ units.T), axis=1, kind="stable")[:, 1:4]
    assert len(truth.vectors) == 300 and truth.recall(best) == 1 and truth.recall(best[:, :1]) == pytest.approx(1 / 3, abs=0.002)
    assert truth.recall(np.full((300, 3), -1)) == 0


def test_an_index_looks_at_no_more_candidates_than_enough_recall_takes(index, monkeypatch) -> None:
    truth = truth_of(kinds(1500))
    measured = widened(index, truth)
    assert measured >= recall.ENOUGH and measured == truth.recall(index.search_many(truth.vectors, index.wide))
    narrower = index.wide
    monkeypatch.setattr(recall, "ENOUGH", 1.1)
    assert widened(index, truth) == 1 and index.wide == recall.WIDTHS[-1] > narrower


def test_of_many_equal_pictures_none_must_be_found() -> None:
    equal = np.repeat(kinds(20), 50, axis=0)
    truth = truth_of(equal)
    assert truth.recall(np.zeros((300, 1), int)) == 1
    lone = truth_of(np.concatenate([kinds(20), np.repeat(kinds(1, seed=1), 5, axis=0)]))
    assert lone.recall(np.zeros((25, 0), int)) == 0 and len(lone._neighbours(24)) == 0
