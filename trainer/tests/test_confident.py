import numpy as np

from trainer.confident import likely_wrong_labels, rank


def planted(per_label=30, wrong=4, seed=0):
    """Vectors of three labels round centres of their own; the first few of each label are named as the next one."""
    random = np.random.default_rng(seed)
    true = np.repeat([0, 1, 2], per_label)
    vectors = random.normal(size=(3, 40))[true] + random.normal(size=(len(true), 40)) * 0.5
    given = np.where(np.arange(len(true)) % per_label < wrong, (true + 1) % 3, true)
    return vectors.astype(np.float16), given, true


def test_planted_wrong_labels_are_found_with_the_label_that_they_look_like():
    vectors, given, true = planted()
    found = likely_wrong_labels(vectors, given)
    assert {(wrong.index, wrong.suggested) for wrong in found} == {(i, true[i]) for i in np.flatnonzero(given != true)}


def test_the_most_doubtful_come_first_in_the_ranking_of_all():
    vectors, given, true = planted()
    order = rank(vectors, given)
    assert set(order[:12]) == set(np.flatnonzero(given != true))
    assert sorted(order) == list(range(len(given)))
