"""What the server answers, typed. Fields that a newer server adds are left out."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any, Protocol, Self

Json = Mapping[str, Any]
ENDED = ("done", "ready", "failed", "cancelled")


class Row(Protocol):
    """Anything with an id."""

    @property
    def id(self) -> str: ...


@dataclass(frozen=True, kw_only=True)
class Answer:
    """A JSON object of the server."""

    @classmethod
    def of(cls, data: Json) -> Self:
        names = {about.name for about in fields(cls)}
        return cls(**{name: cls.read(name, value) for name, value in data.items() if name in names})

    @classmethod
    def read(cls, name: str, value: Any) -> Any:
        """A field as this package has it."""
        return datetime.fromisoformat(value) if name in ("created", "started", "finished") and value else value


@dataclass(frozen=True, kw_only=True)
class Label(Answer):
    id: str
    name: str
    images: int


@dataclass(frozen=True, kw_only=True)
class Project(Answer):
    id: str
    name: str
    description: str
    visibility: str
    labels: list[Label]
    images: int
    runs: int
    model_id: str | None
    created: datetime

    @classmethod
    def read(cls, name: str, value: Any) -> Any:
        return [Label.of(label) for label in value] if name == "labels" else super().read(name, value)


@dataclass(frozen=True, kw_only=True)
class Image(Answer):
    id: str
    label: str
    width: int
    height: int
    sha256: str
    split: str
    status: str
    source: str
    source_url: str
    license: str
    creator: str
    url: str
    thumb_url: str


@dataclass(frozen=True, kw_only=True)
class Job(Answer):
    """Work that goes on in the background: it is `queued`, `running`, and then ended."""

    id: str
    project_id: str
    status: str
    created: datetime

    @property
    def ended(self) -> bool:
        return self.status in ENDED

    @property
    def problem(self) -> str:
        """Why it failed and what to do next; empty unless it failed."""
        return ""


@dataclass(frozen=True, kw_only=True)
class Upload(Job):
    """Pictures that were sent. `rejected` says for each file that was not taken why not."""

    total: int
    processed: int
    accepted: int
    duplicates: int
    rejected: list[dict[str, str]]
    labels: dict[str, int]
    notices: list[str]
    error: str | None

    @property
    def problem(self) -> str:
        return self.error or ""


@dataclass(frozen=True, kw_only=True)
class Collection(Job):
    """Pictures of a label from the web."""

    label: str
    query: str
    wanted: int
    found: int
    accepted: int
    rejected: list[dict[str, Any]]
    providers: list[dict[str, Any]]
    error: str | None

    @property
    def problem(self) -> str:
        return self.error or ""


@dataclass(frozen=True, kw_only=True)
class Run(Job):
    """One training. `best` is its best epoch so far, `model_id` is there once it is ready."""

    number: int
    name: str = ""
    stage: str
    preset: str
    config: dict[str, Any]
    epoch: int
    epochs: int
    eta_seconds: float | None
    images: dict[str, int]
    best: dict[str, float] | None
    started: datetime | None
    finished: datetime | None
    seconds: float | None
    worker: str
    error: dict[str, str] | None
    model_id: str | None
    position: int | None = None

    @property
    def problem(self) -> str:
        return " ".join(self.error[part] for part in ("cause", "next_step") if self.error.get(part)) if self.error else ""


@dataclass(frozen=True, kw_only=True)
class Epoch(Answer):
    epoch: int
    train_loss: float
    train_accuracy: float
    val_loss: float
    val_accuracy: float
    learning_rate: float
    seconds: float


@dataclass(frozen=True, kw_only=True)
class LabelScore(Answer):
    name: str
    precision: float
    recall: float
    f1: float
    support: int


@dataclass(frozen=True, kw_only=True)
class Evaluation(Answer):
    """How good a run is on pictures that it has not learned from; `interval` holds the accuracy with 95 % probability."""

    accuracy: float
    interval: list[float]
    labels: list[LabelScore]
    confusion: list[list[int]]
    mistakes: list[dict[str, Any]]
    calibration: dict[str, Any]

    @classmethod
    def read(cls, name: str, value: Any) -> Any:
        return [LabelScore.of(score) for score in value] if name == "labels" else super().read(name, value)


@dataclass(frozen=True, kw_only=True)
class Model(Answer):
    id: str
    project_id: str
    run_id: str
    labels: list[str]
    accuracy: float
    size_bytes: int
    input_size: int
    engine: str
    published: bool
    created: datetime


@dataclass(frozen=True, kw_only=True)
class Prediction(Answer):
    """What a model sees in a picture: (label, confidence from 0 to 1), best first. `unknown`: probably none of its labels."""

    model_id: str
    predictions: list[tuple[str, float]]
    unknown: bool
    timing: dict[str, float] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """The best label."""
        return self.predictions[0][0]

    @property
    def confidence(self) -> float:
        """The confidence of the best label, from 0 to 1."""
        return self.predictions[0][1]

    @classmethod
    def read(cls, name: str, value: Any) -> Any:
        return [(one["label"], one["confidence"]) for one in value] if name == "predictions" else super().read(name, value)
