import numpy as np
import pytest

from trainer.metrics import answers, cross_entropy, evaluate, wilson_interval

PROBABILITIES = np.array([[0.9, 0.1], [0.6, 0.4], [0.3, 0.7], [0.2, 0.8]])
ACTUAL = np.array([0, 1, 1, 1])


def test_an_evaluation_has_the_shape_and_the_numbers_of_the_api():
    found = evaluate(PROBABILITIES, ACTUAL, labels=["cat", "dog"], keys=["w", "x", "y", "z"])
    assert (found["accuracy"], found["confusion"]) == (0.75, [[1, 0], [1, 2]])
    assert found["labels"][0] == {"name": "cat", "precision": 0.5, "recall": 1.0, "f1": pytest.approx(2 / 3), "support": 1}
    assert found["labels"][1] == {"name": "dog", "precision": 1.0, "recall": pytest.approx(2 / 3), "f1": pytest.approx(0.8), "support": 3}
    assert found["mistakes"] == [{"image_id": "x", "actual": "dog", "predicted": "cat", "confidence": 0.6}]
    assert found["calibration"]["ece"] == pytest.approx((0.1 + 0.6 + 0.3 + 0.2) / 4)


def test_the_interval_is_wilsons():
    assert wilson_interval(54, 60) == pytest.approx([0.7985, 0.9534], abs=1e-4)
    assert wilson_interval(0, 0) == [0.0, 1.0]
    low, high = wilson_interval(5, 5)
    assert high == 1.0 and 0.5 < low < 0.6


def test_a_label_without_test_pictures_divides_nothing_by_zero():
    found = evaluate(np.eye(3)[:2], np.array([0, 1]))
    assert found["labels"][2] == {"name": "2", "precision": 0.0, "recall": 0.0, "f1": 0.0, "support": 0}


def test_cross_entropy_is_finite_for_a_sure_mistake():
    assert cross_entropy(np.array([[1.0, 0.0]]), np.array([1])) == pytest.approx(27.6, abs=0.1)


def test_what_was_said_to_each_picture_names_it_both_labels_and_the_confidence() -> None:
    said = answers(np.array([[0.9, 0.1], [0.75, 0.25]]), np.array([0, 1]), ["cat", "dog"], ["a", "b"])
    assert said == [["a", "cat", "cat", 0.9], ["b", "dog", "cat", 0.75]]
