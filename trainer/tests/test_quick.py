import shutil

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from trainer import head
from trainer.__main__ import rows_of
from trainer.checkpoint import steps
from trainer.config import TrainConfig
from trainer.embed import Embedder, ensure_embedder
from trainer.fit import STOP, Cancelled, FitError, fit
from trainer.manifest import Row, split_rows
from trainer.pixels import decode
from trainer.quick import actual_of


def quick(**values):
    return TrainConfig.from_dict({"preset": "quick", **values})


def test_a_head_learns_the_drawn_things_and_reports_every_epoch(manifest, tmp_path):
    reports, stages = [], []
    result = fit(quick(epochs=12), manifest, tmp_path, reports.append, on_stage=stages.append)
    assert [report.epoch for report in reports] == list(range(1, 13))
    assert stages == ["preparing", "training", "evaluating"]
    assert reports[-1].train_loss < reports[0].train_loss
    assert result.evaluation["accuracy"] == result.best["val_accuracy"] == 1.0
    assert sum(label["support"] for label in result.evaluation["labels"]) == len(manifest.val)


def test_test_pictures_teach_nothing(manifest, tmp_path):
    kept = fit(quick(epochs=5), manifest, tmp_path / "a", lambda report: None)
    for row in manifest.val:
        row.vector = row.vector * -3
    changed = fit(quick(epochs=5), manifest, tmp_path / "b", lambda report: None)
    assert np.array_equal(kept.weights, changed.weights)


def test_pictures_without_a_vector_are_embedded_and_broken_ones_reported(manifest, tmp_path, cache_dir, drawn):
    (tmp_path / "half.jpg").write_bytes((drawn / "sky/1.jpg").read_bytes()[:900])
    for row in manifest.rows:
        row.vector = None
    manifest.rows.append(Row(str(tmp_path / "half.jpg"), "sky", "train", key="k"))
    result = fit(quick(epochs=5), manifest, tmp_path / "work", lambda report: None, cache_dir=cache_dir)
    assert [(entry["key"], entry["reason"]) for entry in result.skipped] == [("k", "damaged")]
    assert len(result.used) == len(manifest.rows) - 1


def test_a_label_with_nothing_readable_is_named(manifest, tmp_path, cache_dir):
    for row in manifest.rows:
        if row.label == "leaf":
            row.path, row.vector = str(tmp_path / "gone.jpg"), None
    with pytest.raises(FitError, match="“leaf”"):
        fit(quick(), manifest, tmp_path, lambda report: None, cache_dir=cache_dir)


def test_on_epoch_may_say_stop_and_what_was_learned_is_kept(manifest, tmp_path):
    result = fit(quick(), manifest, tmp_path, lambda report: STOP if report.epoch == 3 else None)
    assert (result.epochs, result.best["epoch"]) == (3, 3)


def test_a_cancelled_run_raises(manifest, tmp_path):
    with pytest.raises(Cancelled):
        fit(quick(), manifest, tmp_path, lambda report: None, should_stop=lambda: True)


def test_a_resumed_run_ends_with_the_same_weights_as_an_unbroken_one(manifest, tmp_path):
    class Killed(Exception):
        pass

    def kill(report):
        if report.epoch == 9:
            raise Killed

    straight = fit(quick(epochs=20), manifest, tmp_path / "a", lambda report: None)
    with pytest.raises(Killed):
        fit(quick(epochs=20), manifest, tmp_path / "b", kill)
    epochs = []
    resumed = fit(quick(epochs=20), manifest, tmp_path / "b", lambda report: epochs.append(report.epoch))
    assert 1 < epochs[0] <= 9 and epochs[-1] == 20
    assert np.array_equal(straight.weights, resumed.weights)
    assert straight.evaluation == resumed.evaluation


def test_while_checkpoints_are_asked_for_every_epoch_leaves_one(manifest, tmp_path):
    newest = []
    fit(quick(epochs=6), manifest, tmp_path, lambda report: newest.append(steps(tmp_path / "checkpoints")[-1:]), should_save=lambda: True)
    assert newest == [[], [1], [2], [3], [4], [5]]


def test_other_options_do_not_take_up_the_checkpoints_of_this_run(manifest, tmp_path):
    fit(quick(epochs=6), manifest, tmp_path, lambda report: None)
    epochs = []
    fit(quick(epochs=6, seed=1), manifest, tmp_path, lambda report: epochs.append(report.epoch))
    assert epochs == [1, 2, 3, 4, 5, 6]


def test_balanced_weights_give_a_rare_label_the_same_say():
    random = np.random.default_rng(0)
    vectors = random.normal(size=(60, 4)).astype(np.float32)
    actual = np.array([0] * 54 + [1] * 6)
    weights = np.array([60 / 108] * 54 + [5.0] * 6)
    for sample_weights, wanted in [(None, 0.1), (weights, 0.5)]:
        found = head.solve(head.Objective(vectors, actual, 2, 100.0, sample_weights))
        assert head.probabilities_of(found, vectors)[:, 1].mean() == pytest.approx(wanted, abs=0.02)


def test_the_head_is_scikit_learns_for_the_same_penalty():
    random = np.random.default_rng(1)
    vectors, actual = random.normal(size=(80, 6)).astype(np.float32), random.integers(0, 3, 80)
    ours = head.solve(head.Objective(vectors, actual, 3, 1 / (0.5 * 80)))
    theirs = LogisticRegression(C=0.5, max_iter=1000, tol=1e-8).fit(vectors, actual).predict_proba(vectors)
    assert np.abs(head.probabilities_of(ours, vectors) - theirs).max() < 2e-2


@pytest.fixture(scope="session")
def photo_manifest(photos, cache_dir):
    manifest = rows_of(photos, seed=0)
    embedder = Embedder(ensure_embedder(cache_dir), threads=2)
    for row, vector in zip(manifest.rows, embedder.embed([decode(row.path) for row in manifest.rows]), strict=True):
        row.vector = vector.astype(np.float16)
    return manifest


def test_on_real_photos_quick_is_as_good_as_scikit_learn(photo_manifest, tmp_path):
    labels = [row.label for row in photo_manifest.rows]
    actual = actual_of(photo_manifest.rows, photo_manifest.labels)
    vectors = np.stack([row.vector for row in photo_manifest.rows]).astype(np.float32)
    ours, theirs = [], []
    for seed in range(3):
        splits = split_rows(labels, seed)
        for row, split in zip(photo_manifest.rows, splits, strict=True):
            row.split = split
        ours.append(fit(quick(seed=seed), photo_manifest, tmp_path, lambda report: None).evaluation["accuracy"])
        teach = np.array(splits) == "train"
        with threadpool_limits(1):  # its threads fight for the cores of a busy machine
            peer = LogisticRegression(max_iter=300).fit(vectors[teach], actual[teach])
        theirs.append(peer.score(vectors[~teach], actual[~teach]))
        shutil.rmtree(tmp_path / "checkpoints")
    assert np.mean(ours) >= np.mean(theirs) - 0.01
