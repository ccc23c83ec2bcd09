"""Honest scores, when training has ended: calibrated confidences, a cross-validated figure beside a small test, and when to say "none of these"."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from threadpoolctl import threadpool_limits

from trainer import calibration, cross_validation, head, metrics, novelty
from trainer.cross_validation import Pictures
from trainer.manifest import Row
from trainer.novelty import Known
from trainer.standalone.novelty import Novelty

ENOUGH = 100  # tested pictures: with fewer, those that were learned from are left out in turn as well
FEATURES = 1000  # of training pictures a trained network is asked for so many vectors at most, spread over the labels


@dataclass(frozen=True)
class Trained:
    """What a trained network says of the val rows (logits [V, C]) and how it sees them and the train rows (features [V, D] and [T, D])."""

    labels: list[str]
    val: Sequence[Row]
    train: Sequence[Row]
    val_logits: np.ndarray
    val_features: np.ndarray
    train_features: np.ndarray
    seed: int

    @property
    def val_actual(self) -> np.ndarray:
        return actual_of(self.val, self.labels)


@dataclass(frozen=True)
class Scores:
    """An evaluation and the answers (see `metrics`), the temperature for the export, and the .npz of `trainer.standalone.novelty`."""

    evaluation: dict
    answers: list[list]
    temperature: float
    novelty: bytes

    def facts(self) -> dict:
        """Them as fields of a FitResult."""
        return vars(self)


def scores_of_head(trained: Trained) -> Scores:
    """Scores of a linear head on features that no picture of ours has changed: every picture may be left out in turn, and count as unseen."""
    with threadpool_limits(1, "blas"):
        all_of_them = _pictures([*trained.train, *trained.val], np.concatenate([trained.train_features, trained.val_features]), trained)
        logits, actual, figure = trained.val_logits, trained.val_actual, None
        if len(trained.val) < ENOUGH:
            unseen = _cross_validated(all_of_them, trained.seed)
            figure = cross_validation.figure(*unseen)
            logits, actual = np.concatenate([logits, unseen[0]]), np.concatenate([actual, unseen[1]])
        value = calibration.temperature(logits, actual)
        learned, left_out = novelty.learn(_pictures(trained.train, trained.train_features, trained), value, trained.seed)
        known = left_out if len(trained.val) < ENOUGH else _tested(trained, learned, value)
        return _scores(trained, value, figure, novelty.with_quantiles(learned, known), known)


def scores_of_network(trained: Trained) -> Scores:
    """Scores of a network whose features have learned too: only val pictures are unseen; a few of them say where what is usual lies, the others how it spreads."""
    with threadpool_limits(1, "blas"):
        value = calibration.temperature(trained.val_logits, trained.val_actual)
        learned, left_out = novelty.learn(_pictures(trained.train, trained.train_features, trained), value, trained.seed)
        tested = _tested(trained, learned, value)
        known = tested if len(trained.val) >= ENOUGH else left_out.with_usual_of(tested)
        return _scores(trained, value, _quick_figure(trained), novelty.with_quantiles(learned, known), tested)


def actual_of(rows: Sequence[Row], labels: Sequence[str]) -> np.ndarray:
    """The number of each row's label, int64 [N]."""
    place = {label: index for index, label in enumerate(labels)}
    return np.array([place[row.label] for row in rows], np.int64)


def keys_of(rows: Sequence[Row]) -> list[str]:
    """What names each row to the caller: its key, or its path where it has none."""
    return [row.key or row.path for row in rows]


def _scores(trained: Trained, value: float, figure: dict | None, learned: Novelty, known: Known) -> Scores:
    before, after = head.softmax(trained.val_logits), head.softmax(trained.val_logits / value)
    actual, keys = trained.val_actual, keys_of(trained.val)
    evaluation = metrics.evaluate(after, actual, labels=trained.labels, keys=keys) | {
        "calibration": calibration.calibration(before, after, actual, value),
        "cross_validation": figure,
        "unknown": novelty.curve(learned, known),
    }
    return Scores(evaluation, metrics.answers(after, actual, trained.labels, keys), value, novelty.packed(learned))


def _tested(trained: Trained, learned: Novelty, value: float) -> Known:
    probabilities = head.softmax(trained.val_logits / value)
    return Known(learned.sums(trained.val_features, probabilities), probabilities.argmax(axis=1) == trained.val_actual)


def _quick_figure(trained: Trained) -> dict | None:
    """The figure of the quick head on the stored vectors, where too few pictures are tested."""
    rows = [row for row in (*trained.train, *trained.val) if row.vector is not None]
    if len(trained.val) >= ENOUGH or not {row.label for row in rows} >= set(trained.labels):
        return None
    return cross_validation.figure(*_cross_validated(_pictures(rows, np.stack([row.vector for row in rows]), trained), trained.seed))


def _cross_validated(pictures: Pictures, seed: int) -> tuple[np.ndarray, np.ndarray, Sequence[Hashable]]:
    """Out-of-fold logits [N, C] of at most 2,000 pictures, what these are, and their groups."""
    some = pictures.some(cross_validation.spread(pictures.actual, cross_validation.LIMIT, seed))
    fold = cross_validation.folds_of(some.actual, some.groups, cross_validation.FOLDS, seed)
    decay = head.choose_decay(some.vectors, some.actual, some.classes, seed, groups=some.groups)
    return cross_validation.out_of_fold(some, fold, decay), some.actual, some.groups


def _pictures(rows: Sequence[Row], features: np.ndarray, trained: Trained) -> Pictures:
    return Pictures(np.asarray(features, np.float32), actual_of(rows, trained.labels), [row.group for row in rows], len(trained.labels))
