import numpy as np
import pytest

from trainer import confident, kernel_ridge
from trainer.confident import judge, likely_wrong_labels
from trainer.quick import actual_of


def planted(per_label=30, wrong=4, noise=0.5):
    """Vectors of three labels round centres of their own; the first few of each label are named as the next one."""
    random = np.random.default_rng(0)
    true = np.repeat([0, 1, 2], per_label)
    vectors = random.normal(size=(3, 40))[true] + random.normal(size=(len(true), 40)) * noise
    given = np.where(np.arange(len(true)) % per_label < wrong, (true + 1) % 3, true)
    return vectors.astype(np.float16), given, true


def pairs(found):
    return {(wrong.index, wrong.suggested) for wrong in found}


def swapped(given, true):
    return {(int(i), int(true[i])) for i in np.flatnonzero(given != true)}


def test_planted_wrong_labels_are_found_with_the_label_that_they_look_like():
    vectors, given, true = planted()
    assert pairs(likely_wrong_labels(vectors, given)) == swapped(given, true)


def test_right_labels_are_left_alone():
    vectors, _given, true = planted()
    assert likely_wrong_labels(vectors, true) == []


def test_drawn_pictures_in_the_wrong_folder_are_found(manifest, vectors):
    true = actual_of(manifest.rows, manifest.labels)
    given = true.copy()
    given[[3, 17]] = given[[17, 3]]
    stored = np.stack([vectors[row.path] for row in manifest.rows])
    assert pairs(likely_wrong_labels(stored, given)) == swapped(given, true)


def test_scores_are_between_0_and_1_and_the_best_come_first():
    vectors, given, _true = planted(noise=1.5)
    scores = [wrong.score for wrong in likely_wrong_labels(vectors, given)]
    assert len(scores) > 3 and scores == sorted(scores, reverse=True)
    assert min(scores) > 0 and max(scores) <= 1


def test_the_ranking_has_every_picture_once_and_the_doubtful_first():
    vectors, given, true = planted()
    order = judge(vectors, given).ranking()
    assert set(order[:12]) == set(np.flatnonzero(given != true))
    assert sorted(order) == list(range(len(given)))


def test_the_same_seed_gives_the_same_answer():
    vectors, given, _true = planted(noise=1.5)
    assert likely_wrong_labels(vectors, given, seed=3) == likely_wrong_labels(vectors, given, seed=3)


def test_the_order_of_the_rows_does_not_matter():
    vectors, given, _true = planted(noise=1.5)
    other = np.random.default_rng(1).permutation(len(given))
    moved = likely_wrong_labels(vectors[other], given[other])
    found = likely_wrong_labels(vectors, given)
    assert [(other[wrong.index], wrong.suggested, wrong.score) for wrong in moved] == [(w.index, w.suggested, w.score) for w in found]


@pytest.mark.parametrize("few", [1, 2, 3, 4])
def test_a_label_with_few_pictures_is_neither_judged_nor_suggested(few):
    vectors, given, true = planted()
    given[-few:] = 7
    found = likely_wrong_labels(vectors, given)
    assert pairs(found) == {pair for pair in swapped(given, true) if pair[0] < len(given) - few}
    assert set(judge(vectors, given).ranking()[-few:]) == set(range(len(given) - few, len(given)))


def test_labels_are_any_numbers():
    vectors, given, true = planted()
    numbers = np.array([900, -4, 12])
    assert pairs(likely_wrong_labels(vectors, numbers[given])) == {(i, int(numbers[label])) for i, label in swapped(given, true)}


def test_a_broken_vector_is_left_out_and_spoils_nothing():
    vectors, given, true = planted()
    vectors[5], vectors[0, 3] = np.nan, np.inf
    assert pairs(likely_wrong_labels(vectors, given)) == {pair for pair in swapped(given, true) if pair[0] != 0}
    assert set(judge(vectors, given).ranking()[-2:]) == {0, 5}


def test_nothing_is_said_with_fewer_than_two_labels():
    vectors = np.random.default_rng(0).normal(size=(20, 40))
    assert likely_wrong_labels(vectors, np.zeros(20, int)) == []
    assert likely_wrong_labels(vectors[:0], np.zeros(0, int)) == []
    assert list(judge(vectors, np.zeros(20, int)).ranking()) == list(range(20))


def test_vectors_that_are_all_alike_tell_nothing():
    labels = np.repeat([0, 1], 10)
    assert likely_wrong_labels(np.ones((20, 40), np.float16), labels) == []
    assert likely_wrong_labels(np.zeros((20, 40), np.float16), labels) == []


def test_a_large_collection_is_judged_in_parts(monkeypatch):
    monkeypatch.setattr(kernel_ridge, "TOGETHER", 40)
    monkeypatch.setattr(confident, "_TEACH_LIMIT", 50)
    vectors, given, true = planted()
    assert pairs(likely_wrong_labels(vectors, given)) == swapped(given, true)


def test_leaving_one_out_is_what_teaching_without_it_gives():
    vectors, given, _true = planted(per_label=8)
    kernel = kernel_ridge._kernel(vectors.astype(np.float32)).astype(np.float64)
    (scores,) = kernel_ridge._left_out_scores(kernel, given, 3, [1.0])
    target, left = np.eye(3)[given], np.arange(24) != 5
    # The bias is free: a constant that is added to the kernel and hardly penalised.
    free = kernel + 1e4
    alone = free[5, left] @ np.linalg.solve(free[np.ix_(left, left)] + np.eye(23), target[left])
    assert np.allclose(scores[5], alone, atol=1e-3)


def test_the_list_is_as_long_as_the_estimated_number_of_wrong_labels():
    # Of label 0 four are surely 0, one is surely 1 and three lean to 1: a fifth of its eight, 1.6 pictures, is held for wrong.
    first = np.array([0.9, 0.9, 0.9, 0.9, 0.3, 0.3, 0.3, 0.1, 0.2, 0.2, 0.2, 0.2])
    judgement = confident.Judgement(12, np.arange(12), np.array([0, 1]), np.repeat([0, 1], [8, 4]), np.stack([first, 1 - first], axis=1))
    assert [(wrong.index, wrong.suggested) for wrong in judgement.wrong()] == [(7, 1), (4, 1)]
