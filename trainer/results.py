"""What training tells while it runs and what it leaves behind."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field

import numpy as np

from trainer.config import TrainConfig
from trainer.manifest import Row
from trainer.pixels import PictureError
from trainer.sentences import Refusal, _

# What `on_epoch` returns to end training after this epoch and keep what was learned.
STOP = "stop"


class FitError(Refusal):
    """Training cannot go on with these pictures; the message is a sentence for a person."""


class Cancelled(Exception):
    """Training was told to stop and leaves nothing but its checkpoints."""


@dataclass(frozen=True)
class EpochReport:
    """One epoch: losses in nats, accuracies and learning rate as shares, and its length in seconds."""

    epoch: int
    train_loss: float
    train_accuracy: float
    val_loss: float
    val_accuracy: float
    learning_rate: float
    seconds: float

    def to_dict(self) -> dict:
        return asdict(self)


@dataclass
class FitResult:
    """A trained model before export.

    weights: for preset quick the head, float32 [classes, 1281], whose last column is the bias; else the network's arrays by name.
    best: epoch, val_accuracy and val_loss of the published weights. evaluation: see `metrics.evaluate`, on the val pictures.
    skipped: pictures that could not be read, as path, key, reason and message. used: the rows that were trained and tested on.
    answers: what it said to each val picture, see `metrics.answers`. device: what it trained on: cpu, or the name of the GPU.
    temperature: what the scores are divided by so that confidences can be believed. novelty: a .npz, see `trainer.standalone.novelty`.
    """

    config: TrainConfig
    labels: list[str]
    weights: np.ndarray | dict[str, np.ndarray]
    best: dict
    epochs: int
    seconds: float
    evaluation: dict
    skipped: list[dict] = field(default_factory=list)
    used: list[Row] = field(default_factory=list)
    answers: list[list] = field(default_factory=list)
    device: str = "cpu"
    temperature: float = 1.0
    novelty: bytes | None = None


def check_stop(should_stop: Callable[[], bool]) -> None:
    """Raise Cancelled when the caller asks for it."""
    if should_stop():
        raise Cancelled


def skipped_row(row: Row, error: PictureError) -> dict:
    """How a picture that could not be read is reported."""
    return {"path": row.path, "key": row.key, "reason": error.reason, "message": str(error)}


def check_left(rows: Sequence[Row], labels: Sequence[str]) -> None:
    """Raise FitError unless every label still has a picture to learn from and there is one to test on."""
    for label in labels:
        if not any(row.label == label and row.split == "train" for row in rows):
            raise FitError(_("No readable picture of “%(label)s” is left to learn from. Add pictures or remove the label."), label=label)
    if not any(row.split == "val" for row in rows):
        raise FitError(_("No readable picture is left to test on. Add pictures and train again."))
