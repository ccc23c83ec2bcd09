"""The shapes of API.md, for OpenAPI and for checking what goes in and out."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from ninja import Schema
from pydantic import ConfigDict, Field

from webapp.api.resources.variant_shapes import VariantOut

JobStatus = Literal["queued", "running", "done", "failed", "cancelled"]
RunStatus = Literal["queued", "running", "ready", "failed", "cancelled"]
Visibility = Literal["private", "unlisted", "public"]
Publishing = Literal["always", "better", "never"]
ImageStatus = Literal["ready", "set_aside"]


# Told to programs, but checked by clean_name, which says it in a sentence.
NAME = {"minLength": 1, "maxLength": 100}


class Input(Schema):
    """A body of a request: what is not known is refused, so that a typing mistake is not silently without effect."""

    model_config = ConfigDict(extra="forbid")


class ErrorBody(Schema):
    code: str
    message: str
    details: dict


class ErrorOut(Schema):
    error: ErrorBody


class LabelOut(Schema):
    id: UUID
    name: str
    images: int


class ProjectOut(Schema):
    id: UUID
    name: str
    description: str
    visibility: Visibility
    publishing: Publishing  # what becomes of the model of a run that ends well
    labels: list[LabelOut]
    images: int
    runs: int
    model_id: UUID | None
    created: datetime


class RejectedFile(Schema):
    name: str
    reason: str
    message: str


class UploadOut(Schema):
    id: UUID
    project_id: UUID
    status: JobStatus
    total: int
    processed: int
    accepted: int
    duplicates: int
    rejected: list[RejectedFile]
    labels: dict[str, int]
    notices: list[str]
    error: str | None
    created: datetime


class RejectedHits(Schema):
    reason: str
    count: int


class ProviderOut(Schema):
    name: str
    asked: int
    accepted: int
    error: str | None = None


class CollectionOut(Schema):
    id: UUID
    project_id: UUID
    label: str
    query: str
    status: JobStatus
    wanted: int
    found: int
    accepted: int
    rejected: list[RejectedHits]
    providers: list[ProviderOut]
    error: str | None
    created: datetime


class ExportOut(Schema):
    id: UUID
    project_id: UUID
    status: JobStatus
    total: int
    processed: int
    missing: int
    licenses: list[str]
    with_aside: bool
    size_bytes: int | None
    url: str | None
    expires: datetime | None
    error: str | None
    created: datetime


class ImageOut(Schema):
    id: UUID
    label: str
    width: int
    height: int
    sha256: str
    split: str
    status: ImageStatus
    source: str
    source_url: str
    license: str
    creator: str
    url: str
    thumb_url: str


class InstantLabel(Schema):
    id: UUID
    name: str
    images: int
    recall: float
    gain: float
    gain_interval: list[float]


class InstantPoint(Schema):
    images: int
    accuracy: float
    interval: list[float]
    time: datetime


class InstantOut(Schema):
    """How good a quick model would be now. `gain` is by how much 20 more pictures of a label would raise the accuracy, when every label counts alike; `even_gain`, 20 more of every label."""

    status: Literal["learning", "rest", "too_few"]
    images: int
    accuracy: float | None
    interval: list[float] | None
    labels: list[InstantLabel]
    best_label_id: UUID | None
    even_gain: float
    points: list[InstantPoint]


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


class ModelChange(Input):
    keep: float | None = Field(None, description="Of the pictures that it answers rightly the share that it shall answer, from 0.8 to 1.")


class ModelOut(Schema):
    """A model. `engine`, `input_size` and `size_bytes` are of what answers: the `variant` where there is one."""

    id: UUID
    project_id: UUID
    run_id: UUID
    labels: list[str]
    accuracy: float
    size_bytes: int
    input_size: int
    engine: str
    published: bool
    variant: VariantOut | None = None
    keep: float  # of the pictures that it answers rightly, the share that it answers at all; the rest are "unknown"
    taken_down: int  # pictures that it learned from and that were taken down since
    notice: str | None
    created: datetime


class Answer(Schema):
    label: str
    confidence: float


class Timing(Schema):
    decode_ms: float
    infer_ms: float
    total_ms: float


class NeighbourOut(Schema):
    image_id: UUID
    label: str
    distance: float  # 0 is the same, 1 has nothing in common
    thumb_url: str


class PredictionOut(Schema):
    model_id: UUID
    predictions: list[Answer]
    unknown: bool
    neighbours: list[NeighbourOut] | None = None  # only where they were asked for
    timing: Timing


class SimilarTiming(Schema):
    vector_ms: float
    search_ms: float
    total_ms: float


class SimilarOut(Schema):
    items: list[NeighbourOut]
    recall: float | None = None  # measured: the least share of the true neighbours that is found; null where it is exact
    is_behind: bool = False  # pictures came that are not searched yet
    left_out: int = 0  # projects that were not searched: they are being made searchable, or there are too many
    timing: SimilarTiming


class ModelPage(Schema):
    items: list[ModelOut]
    next: str | None


class ProjectPage(Schema):
    items: list[ProjectOut]
    next: str | None


class ImagePage(Schema):
    items: list[ImageOut]
    next: str | None


class RunPage(Schema):
    items: list[RunOut]
    next: str | None


class EpochPage(Schema):
    items: list[EpochOut]
    next: str | None
