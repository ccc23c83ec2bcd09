"""The shapes of API.md, for OpenAPI and for checking what goes in and out."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from ninja import Schema
from pydantic import ConfigDict, Field

from webapp.api.resources.variant_shapes import VariantOut

JobStatus = Literal["queued", "running", "done", "failed", "cancelled"]
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
