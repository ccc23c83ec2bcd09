"""Preset quick: a linear head on stored vectors. Learns from 600 pictures in well under a second, without torch."""

import io
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from threadpoolctl import threadpool_limits

from trainer import head, metrics, scoring
from trainer.embed import DIMENSIONS, Embedder, ensure_embedder
from trainer.files import write_atomic
from trainer.manifest import Row
from trainer.pixels import PictureError, decode
from trainer.results import STOP, EpochReport, FitError, FitResult, check_left, check_stop, skipped_row
from trainer.scoring import Scores, Trained, actual_of
from trainer.sentences import _

if TYPE_CHECKING:
    # fit imports this file; only readers of the annotations need the name.
    from trainer.fit import Job

_EMBED_AT_ONCE = 16


# Below this, a second thread only makes the matrix products wait for each other: on a busy machine ten times as long.
_WORTH_THREADS = 20_000


def train(job: "Job") -> FitResult:
    """Train a head for a `fit.Job` and return its FitResult. The last epoch is the one kept: the objective is convex."""
    with threadpool_limits(1 if len(job.manifest.rows) < _WORTH_THREADS else None, "blas"):
        return _train(job)


def _train(job: "Job") -> FitResult:
    started = time.monotonic()
    rows, vectors, skipped = vectors_of(job)
    check_left(rows, job.manifest.labels)
    loop = _Loop(job, rows, vectors)
    job.on_stage("training")
    best, epochs = loop.run()
    job.on_stage("evaluating")
    scores = loop.scores()
    return FitResult(
        config=job.config, labels=job.manifest.labels, weights=loop.optimizer.head, best=best, epochs=epochs,
        seconds=time.monotonic() - started, skipped=skipped, used=rows, **scores.facts(),
    )


class _Loop:
    def __init__(self, job: "Job", rows: list[Row], vectors: np.ndarray) -> None:
        self.job, self.config = job, job.config
        self.train_rows, self.val_rows = ([row for row in rows if row.split == split] for split in ("train", "val"))
        train = np.array([row.split == "train" for row in rows])
        actual = actual_of(rows, job.manifest.labels)
        self.train, self.train_actual = vectors[train].astype(np.float32), actual[train]
        self.val, self.val_actual = vectors[~train].astype(np.float32), actual[~train]
        self.checkpoints = job.checkpoints
        self.optimizer, self.epoch, self.best, self.waited = None, 0, None, 0

    def run(self) -> tuple[dict, int]:
        """Train to the end; returns the kept epoch's numbers and how many epochs there were."""
        self._start()
        ended = self.epoch > 0 and self._out_of_patience()
        while self.epoch < self.config.epochs and not ended:
            check_stop(self.job.should_stop)
            report = self._one_epoch()
            ended = self.job.on_epoch(report) == STOP or self._out_of_patience()
            self.checkpoints.save_when_cheap(self.epoch, self.optimizer.state, self._facts)
        return {name: self.last[name] for name in ("epoch", "val_accuracy", "val_loss")}, self.epoch

    def scores(self) -> Scores:
        """How good it is on the test pictures, and how sure it may be of what."""
        return scoring.scores_of_head(Trained(
            labels=self.job.manifest.labels, val=self.val_rows, train=self.train_rows, val_logits=head.logits(self.optimizer.head, self.val),
            val_features=self.val, train_features=self.train, seed=self.config.seed,
        ))

    def _start(self) -> None:
        found = self.checkpoints.newest()
        classes = len(self.job.manifest.labels)
        weights = sample_weights(self.train_actual, classes, self.config.class_weights)
        decay = found[2]["decay"] if found else self._decay(classes, weights)
        objective = head.Objective(self.train, self.train_actual, classes, decay, weights)
        self.optimizer = head.Lbfgs(objective, head.blank(classes, DIMENSIONS))
        if found:
            self.epoch, facts = found[0], found[2]
            self.optimizer.restore(found[1])
            self.best, self.waited, self.last = facts["best"], facts["waited"], facts["last"]

    def _decay(self, classes: int, weights: np.ndarray) -> float:
        if self.config.weight_decay is not None:
            return self.config.weight_decay
        groups = [row.group for row in self.train_rows]
        return head.choose_decay(self.train, self.train_actual, classes, self.config.seed, weights, groups=groups)

    def _one_epoch(self) -> EpochReport:
        started = time.monotonic()
        taken = self.optimizer.step(self.config.learning_rate)
        self.epoch += 1
        train = head.probabilities_of(self.optimizer.head, self.train)
        val = head.probabilities_of(self.optimizer.head, self.val)
        report = EpochReport(
            epoch=self.epoch, train_loss=metrics.cross_entropy(train, self.train_actual), train_accuracy=_hits(train, self.train_actual),
            val_loss=metrics.cross_entropy(val, self.val_actual), val_accuracy=_hits(val, self.val_actual),
            learning_rate=taken, seconds=time.monotonic() - started,
        )
        self._remember(report)
        return report

    def _remember(self, report: EpochReport) -> None:
        self.last = report.to_dict()
        better = self.best is None or report.val_loss < self.best
        self.best = report.val_loss if better else self.best
        self.waited = 0 if better else self.waited + 1

    def _out_of_patience(self) -> bool:
        return 0 < self.config.patience <= self.waited

    def _facts(self) -> dict:
        return {"decay": self.optimizer.objective.decay, "best": self.best, "waited": self.waited, "last": self.last}


def class_weights(actual: np.ndarray, classes: int, mode: str) -> np.ndarray:
    """How much each label counts, float64 [classes], 1 on average over the pictures; balanced gives every label the same total."""
    if mode != "balanced":
        return np.ones(classes)
    return len(actual) / (classes * np.maximum(np.bincount(actual, minlength=classes), 1))


def sample_weights(actual: np.ndarray, classes: int, mode: str) -> np.ndarray:
    """How much each picture counts, float64 [N]."""
    return class_weights(actual, classes, mode)[actual]


def vectors_of(job: "Job") -> tuple[list[Row], np.ndarray, list[dict]]:
    """The readable rows, their vectors [N, 1280] and the skipped ones; embeds what has no stored vector, once."""
    missing = [row for row in job.manifest.rows if row.vector is None]
    made, skipped = _embedded(job, missing) if missing else ({}, [])
    unreadable = {entry["path"] for entry in skipped}
    rows = [row for row in job.manifest.rows if row.vector is not None or row.path not in unreadable]
    vectors = [row.vector if row.vector is not None else made[row.path] for row in rows]
    vectors = np.stack(vectors) if vectors else np.zeros((0, DIMENSIONS), np.float16)
    if vectors.shape[1:] != (DIMENSIONS,) or not np.isfinite(vectors).all():
        raise FitError(_("The stored vectors of the pictures are damaged. Upload the pictures again."))
    return rows, vectors, skipped


def _embedded(job: "Job", rows: list[Row]) -> tuple[dict[str, np.ndarray], list[dict]]:
    kept = job.work_dir / f"embedded-{job.checkpoints.fingerprint[:16]}.npy"
    embedder = Embedder(ensure_embedder(job.cache_dir), threads=job.config.threads or None)
    vectors = _from_earlier(kept, len(rows))
    if vectors is None:
        vectors = _embed_rows(job, rows, embedder)
        write_atomic(kept, _npy(vectors))
    # A picture that could not be read has no vector: its row in the file is not a number.
    readable = np.isfinite(vectors).all(axis=1)
    made = {row.path: vector for row, vector, good in zip(rows, vectors, readable, strict=True) if good}
    return made, [_why(row) for row, good in zip(rows, readable, strict=True) if not good]


def _from_earlier(path: Path, count: int) -> np.ndarray | None:
    if not path.exists():
        return None
    vectors = np.load(path, allow_pickle=False)
    return vectors if vectors.shape == (count, DIMENSIONS) else None


def _embed_rows(job: "Job", rows: list[Row], embedder: Embedder) -> np.ndarray:
    vectors = np.full((len(rows), DIMENSIONS), np.nan, np.float16)
    for start in range(0, len(rows), _EMBED_AT_ONCE):
        check_stop(job.should_stop)
        read = [(start + i, picture) for i, row in enumerate(rows[start:start + _EMBED_AT_ONCE]) if (picture := _readable(row)) is not None]
        if read:
            vectors[[index for index, _ in read]] = embedder.embed([picture for _, picture in read])
    return vectors


def _readable(row: Row) -> np.ndarray | None:
    try:
        return decode(row.path)
    except PictureError:
        return None  # counted and named by its empty vector, see `_why`


def _why(row: Row) -> dict:
    try:
        decode(row.path)
    except PictureError as error:
        return skipped_row(row, error)
    return skipped_row(row, PictureError("damaged", "The picture could not be read at first."))


def _npy(array: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=False)
    return buffer.getvalue()


def _hits(probabilities: np.ndarray, actual: np.ndarray) -> float:
    return float((probabilities.argmax(axis=1) == actual).mean())
