import numpy as np
import pytest

from trainer import calibration, head


def answers(scale, count, seed=0):
    """Logits of a model that is `scale` times too sure, and labels drawn as its true probabilities say."""
    random = np.random.default_rng(seed)
    true = random.normal(size=(count, 4)) * 2
    actual = np.array([random.choice(4, p=row) for row in head.softmax(true)])
    return true * scale, actual


@pytest.mark.parametrize("scale", [0.5, 1.0, 2.5])
def test_the_temperature_undoes_too_much_and_too_little_confidence(scale):
    logits, actual = answers(scale, 3000)
    value = calibration.temperature(logits, actual)
    assert value == pytest.approx(scale, rel=0.1)
    told = calibration.calibration(head.softmax(logits), head.softmax(logits / value), actual, value)
    assert told["ece"] < 0.03 and (scale == 1 or told["ece_before"] > 2 * told["ece"])


def test_a_handful_of_right_answers_does_not_ask_for_certainty():
    logits = np.eye(3)[[0, 1, 2, 0]] * 4
    assert 0.8 < calibration.temperature(logits, np.array([0, 1, 2, 0])) < 1
    assert 0.5 < calibration.temperature(logits, np.array([1, 2, 0, 1])) < 4


def test_the_order_of_answers_stays():
    logits, actual = answers(3, 200)
    scaled = logits / calibration.temperature(logits, actual)
    assert (scaled.argsort(axis=1) == logits.argsort(axis=1)).all()


def test_bins_of_confidence_count_every_picture_once_and_say_nothing_where_there_is_none():
    bins = calibration.reliability(np.array([[0.95, 0.05], [0.92, 0.08], [0.4, 0.6]]), np.array([0, 1, 1]))
    assert [bar["count"] for bar in bins] == [0, 0, 0, 0, 0, 0, 1, 0, 0, 2]
    assert bins[9]["accuracy"] == 0.5 and bins[9]["confidence"] == pytest.approx(0.935) and bins[0]["accuracy"] is None
