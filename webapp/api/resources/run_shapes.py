"""The shapes of runs in API.md: what they are, how they go, how good they became."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from ninja import Schema

RunStatus = Literal["queued", "running", "ready", "failed", "cancelled"]


class RunImages(Schema):
    train: int
    val: int


class Best(Schema):
    epoch: int
    val_accuracy: float
    val_loss: float


class RunError(Schema):
    cause: str
    next_step: str


class Advice(Schema):
    preset: str
    epochs: int
    reason: str


class RunOut(Schema):
    id: UUID
    project_id: UUID
    number: int
    status: RunStatus
    stage: str
    preset: str
    config: dict
    epoch: int
    epochs: int
    eta_seconds: float | None
    images: RunImages
    taken_down: int
    best: Best | None
    created: datetime
    started: datetime | None
    finished: datetime | None
    seconds: float | None
    worker: str
    error: RunError | None
    model_id: UUID | None
    name: str
    starred: bool
    again_of: UUID | None
    device: str
    versions: dict[str, str]
    advice: Advice | None  # what preset auto chose, and why; null where a person chose
    estimate_seconds: float | None  # how long it was expected to take, before it began
    position: int | None  # in the queue, 1 is next; null unless it waits
    expected_start: datetime | None  # null also while no worker is there


class QueuedRun(Schema):
    run_id: UUID
    project_id: UUID
    number: int
    status: RunStatus
    stage: str
    eta_seconds: float | None
    worker: str
    device: str
    position: int | None
    expected_start: datetime | None


class QueueOut(Schema):
    at_once: int  # how many trainings go on at once on all workers that are there
    running: int
    waiting: int
    items: list[QueuedRun]


class EpochOut(Schema):
    epoch: int
    train_loss: float
    train_accuracy: float
    val_loss: float
    val_accuracy: float
    learning_rate: float
    seconds: float


class LabelScore(Schema):
    name: str
    precision: float
    recall: float
    f1: float
    support: int


class Mistake(Schema):
    image_id: UUID
    actual: str
    predicted: str
    confidence: float


class ReliabilityBin(Schema):
    low: float
    high: float
    count: int
    confidence: float | None
    accuracy: float | None


class Calibration(Schema):
    """The expected calibration error, of the confidences as they are and before they were divided by the temperature."""

    ece: float
    ece_before: float | None = None
    temperature: float | None = None
    bins: list[ReliabilityBin] = []


class CrossValidation(Schema):
    """What a quick head reaches when every picture is left out once: given where few pictures test."""

    accuracy: float
    interval: list[float]
    folds: int


class KeepPoint(Schema):
    keep: float
    threshold: float
    coverage: float
    accuracy: float | None


class UnknownOut(Schema):
    """For each setting of `keep` the share of known pictures that are answered, and the accuracy of those."""

    keep: float
    curve: list[KeepPoint]
    method: str
    pictures: int


class EvaluationOut(Schema):
    accuracy: float
    interval: list[float]
    labels: list[LabelScore]
    confusion: list[list[int]]
    mistakes: list[Mistake]
    calibration: Calibration
    cross_validation: CrossValidation | None = None
    unknown: UnknownOut | None = None


class RunPage(Schema):
    items: list[RunOut]
    next: str | None


class EpochPage(Schema):
    items: list[EpochOut]
    next: str | None
