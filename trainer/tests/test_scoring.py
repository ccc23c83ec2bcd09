import json
import subprocess
import sys
from io import BytesIO

import numpy as np
import pytest

from trainer import cross_validation, head, metrics, novelty, scoring
from trainer.cross_validation import Pictures
from trainer.manifest import Row
from trainer.standalone.novelty import Novelty, is_unknown


def clouds(labels, each, seed=0):
    """Vectors around a direction of their own for each label, and the numbers of the labels."""
    actual = np.repeat(np.arange(labels), each)
    centres = 3 * np.abs(np.random.default_rng(99).normal(size=(10, 24)))[actual]
    return (centres + np.abs(np.random.default_rng(seed).normal(size=centres.shape))).astype(np.float32), actual


def trained(each=12, tested=3, wrong=0):
    labels = ["a", "b", "c"]
    (train, actual), (val, val_actual) = clouds(3, each), clouds(3, tested, seed=1)
    taught = head.solve(head.Objective(train, actual, 3, 0.01))
    rows = [[Row(f"{part}{i}", labels[label], part, vector=vector) for i, (label, vector) in enumerate(zip(numbers, vectors, strict=True))]
            for part, numbers, vectors in (("train", actual, train), ("val", (val_actual + (np.arange(len(val)) < wrong)) % 3, val))]
    return scoring.Trained(labels, rows[1], rows[0], head.logits(taught, val), val, train, 0)


@pytest.mark.parametrize("of", [scoring.scores_of_head, scoring.scores_of_network])
def test_an_evaluation_tells_of_calibration_cross_validation_and_what_refusing_costs(of):
    evaluation = of(trained(wrong=1)).evaluation
    json.dumps(evaluation)
    assert evaluation["accuracy"] == pytest.approx(8 / 9) and evaluation["cross_validation"]["folds"] == 5
    assert evaluation["calibration"]["temperature"] > 0 and sum(bar["count"] for bar in evaluation["calibration"]["bins"]) == 9
    curve = evaluation["unknown"]["curve"]
    assert [point["keep"] for point in curve[:2]] == [1, 0.99] and curve[0]["coverage"] == 1
    assert all(before["coverage"] >= after["coverage"] for before, after in zip(curve, curve[1:], strict=False))


def test_with_enough_tested_pictures_nothing_is_cross_validated():
    evaluation = scoring.scores_of_head(trained(tested=34)).evaluation
    assert evaluation["cross_validation"] is None and evaluation["unknown"]["pictures"] == 102


@pytest.mark.parametrize("of", [scoring.scores_of_head, scoring.scores_of_network])
def test_a_label_that_was_never_learned_is_unknown_and_known_ones_mostly_are_not(of):
    scores = of(trained())
    usual = Novelty.read(BytesIO(scores.novelty))
    known, strange = clouds(3, 40, seed=2)[0], clouds(5, 40, seed=3)[0][120:]
    taught = head.solve(head.Objective(*clouds(3, 12), 3, 0.01))
    unknown = [is_unknown(usual.familiarity(vectors, head.softmax(head.logits(taught, vectors) / scores.temperature))) for vectors in (known, strange)]
    assert unknown[0].mean() < 0.2 and unknown[1].mean() > 0.9


def test_near_duplicates_are_left_out_together():
    actual = np.repeat([0, 1], 10)
    groups = ["twins" if row in (2, 7, 13) else None for row in range(20)]
    fold = cross_validation.folds_of(actual, groups, 5, 0)
    assert len({fold[row] for row in (2, 7, 13)}) == 1 and set(fold) == set(range(5))
    vectors = np.random.default_rng(0).random((20, 4)).astype(np.float32)
    alone = cross_validation.out_of_fold(Pictures(vectors, actual, groups, 2), fold, 0.1)
    vectors[7] += 5
    assert np.array_equal(alone[2], cross_validation.out_of_fold(Pictures(vectors, actual, groups, 2), fold, 0.1)[2])


def test_a_penalty_is_chosen_with_near_duplicates_held_out_together():
    random = np.random.default_rng(0)
    vectors, actual = np.repeat(random.normal(size=(40, 60)), 5, axis=0).astype(np.float32), np.repeat(np.arange(40) % 2, 5)
    twins = list(np.repeat(np.arange(40), 5))
    # The labels say nothing of the vectors: only who has seen a copy would trust them.
    chosen = [head.choose_decay(vectors, actual, 2, 0, groups=groups) for groups in (None, twins)]
    assert chosen[0] < 0.1 < chosen[1]


def test_near_duplicates_count_once_for_the_interval():
    logits, actual = np.eye(2)[[0, 0, 0, 0, 1, 1, 1, 1]], np.array([0, 0, 0, 0, 1, 1, 0, 0])
    groups = ["a", "a", "b", "b", None, None, "c", "c"]
    figure = cross_validation.figure(logits, actual, groups)
    assert figure["accuracy"] == 0.75 and figure["interval"] == metrics.wilson_interval(3.75, 5)


def test_pictures_are_drawn_evenly_from_the_labels():
    rows = cross_validation.spread(np.array([0] * 90 + [1] * 10), 30, 0)
    assert len(rows) == 30 and (rows >= 90).sum() == 10


def test_thresholds_come_from_as_many_pictures_as_are_kept(monkeypatch):
    monkeypatch.setattr(novelty, "_PICTURES", 30)
    vectors, actual = clouds(3, 15)
    learned, known = novelty.learn(Pictures(vectors, actual, [None] * 45, 3), 1.0, 0)
    assert len(learned.pictures) == len(known.sums) == 30


def test_what_is_kept_stays_small_with_many_pictures_and_labels(monkeypatch):
    looks = np.zeros((4, 600))
    monkeypatch.setattr(novelty, "_left_out", lambda pictures, *_rest: (looks[:, :len(pictures)], np.eye(50)[pictures.actual]))
    vectors = np.abs(np.random.default_rng(0).normal(size=(1500, 1280))).astype(np.float32)
    kept = novelty.packed(novelty.learn(Pictures(vectors, np.arange(1500) % 50, [None] * 1500, 50), 1.0, 0)[0])
    assert len(kept) < 2_000_000


def test_what_travels_with_a_model_needs_numpy_alone():
    code = "import sys; import trainer.standalone.novelty; print([m for m in ('torch', 'onnx', 'PIL', 'django') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"
