import numpy as np
import pytest

from trainer import held_out, kernel_ridge, learning_curve
from trainer.learning_curve import MORE, drawn, measure


def pictures(counts: list[int], spread: float, seed: int = 0, alike: tuple[int, int] = (0, 0), dimensions: int = 40) -> tuple[np.ndarray, np.ndarray]:
    """Vectors around a centre for each label, and the labels; the two labels `alike` have nearly the same centre."""
    random = np.random.default_rng(seed)
    centres = np.random.default_rng(99).normal(size=(len(counts), dimensions))
    centres[alike[1]] = centres[alike[0]] + 0.3 * np.random.default_rng(7).normal(size=dimensions) if alike[0] != alike[1] else centres[alike[1]]
    actual = np.repeat(np.arange(len(counts)), counts)
    return centres[actual] + spread * random.normal(size=(len(actual), dimensions)), actual


def test_both_ways_to_solve_say_the_same():
    vectors, actual = pictures([30, 20, 25], 3.0)
    ready, fold = held_out.features(vectors), kernel_ridge.strata(actual, 5, np.random.default_rng(0))
    target, taught = np.eye(3, dtype=np.float32)[actual], np.arange(75) % 4 > 0
    one, other = (solve(ready, target, fold, taught, lambda: None) for solve in (held_out._by_pictures, held_out._by_features))
    assert np.allclose(one, other, atol=1e-3)


def test_a_picture_is_judged_by_a_head_that_never_saw_it():
    vectors, actual = pictures([20, 20], 3.0)
    ready, fold = held_out.features(vectors), np.arange(40) % 5
    before = held_out.scores(ready, actual, 2, fold)
    actual[fold == 2] = 1 - actual[fold == 2]
    assert np.allclose(held_out.scores(ready, actual, 2, fold)[fold == 2], before[fold == 2])


def test_near_duplicates_share_a_fold_and_every_label_is_in_every_fold():
    actual = np.repeat([0, 1], 50)
    groups = [number // 2 if number < 20 else None for number in range(100)]
    fold = held_out.folds(actual, groups, 5, np.random.default_rng(0))
    assert all(fold[first] == fold[first + 1] for first in range(0, 20, 2))
    assert min(np.bincount(fold[actual == 0], minlength=5)) >= 6 and list(np.bincount(fold[actual == 1])) == [10] * 5


def test_accuracy_is_what_new_pictures_would_give():
    vectors, actual = pictures([40, 40, 40], 4.0)
    new, right = pictures([300, 300, 300], 4.0, seed=1)
    found = measure(vectors, actual, [None] * 120)
    both, truth = np.concatenate([vectors, new]), np.concatenate([actual, right])
    said = held_out.scores(held_out.features(both), truth, 3, np.repeat([0, 1], [120, 900]), np.arange(1020) < 120)
    assert abs(found.accuracy - (said.argmax(axis=1) == truth)[120:].mean()) < 0.06
    assert found.interval[0] < found.accuracy < found.interval[1]


def test_the_curve_rises_and_twins_count_once_in_the_interval():
    vectors, actual = pictures([40, 40, 40], 5.0)
    found = measure(vectors, actual, [None] * 120)
    assert [size for size, _accuracy in found.curve] == [30, 60, 90, 120] and found.curve[0][1] < found.curve[-1][1] and 0 < found.exponent < 0.7
    twins = measure(np.repeat(vectors, 2, axis=0), np.repeat(actual, 2), [number // 2 for number in range(240)])
    wide, narrow = found.interval[1] - found.interval[0], twins.interval[1] - twins.interval[0]
    assert narrow == pytest.approx(wide, rel=0.15)


def test_a_label_that_has_few_pictures_and_is_often_wrong_is_named():
    vectors, actual = pictures([30, 8, 30], 3.0, alike=(0, 1))
    found = measure(vectors, actual, [None] * 68)
    assert found.best == 1 and found.labels[1].gain > found.labels[0].gain
    low, high = found.labels[1].gain_interval
    assert 0 <= low <= found.labels[1].gain <= high


def test_among_labels_with_as_many_pictures_none_is_named_and_all_would_help():
    vectors, actual = pictures([20, 20, 20], 5.0)
    found = measure(vectors, actual, [None] * 60)
    assert found.best is None or found.labels[found.best].gain < found.even_gain
    assert found.even_gain > 0.02


def test_where_everything_is_right_nothing_is_said():
    found = measure(*pictures([10, 30, 30], 0.2), [None] * 70)
    assert (found.accuracy, found.best, found.even_gain) == (1.0, None, 0)


def test_too_little_is_refused():
    for counts in ([4, 9], [9]):
        with pytest.raises(ValueError, match="two labels"):
            measure(*pictures(counts, 1.0), [None] * sum(counts))


def test_pictures_that_are_all_alike_are_measured_too():
    found = measure(np.ones((20, 40)), np.arange(20) % 2, [None] * 20)
    assert 0 <= found.accuracy <= 1 and np.isfinite([label.gain for label in found.labels]).all()


def test_of_many_pictures_some_of_each_label_are_drawn():
    actual = np.repeat([0, 1, 2], [5000, 400, 7])
    rows = drawn(actual, 1000, np.random.default_rng(0))
    assert list(np.bincount(actual[rows])) == [924, 73, 5] and len(set(rows)) == len(rows)


def test_the_law_gives_back_the_exponent_that_made_it():
    curve = [(size, 1 - 3 * size**-0.5) for size in (50, 100, 200, 400)]
    assert learning_curve._exponent(curve, 10**9) == pytest.approx(0.5, abs=0.01)
    assert learning_curve._gain(0.4, 20, 0.5) == pytest.approx(0.4 * (1 - (20 / (20 + MORE)) ** 0.5))
