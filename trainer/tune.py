"""How fast and how good a variant of a model is, measured in a process of its own."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from trainer.sentences import Refusal
from trainer.variants import Variant


class TuneError(Refusal):
    """A conversion or a measurement came to nothing, and why; the message is a sentence for a person."""


@dataclass(frozen=True)
class Measured:
    """What was measured: milliseconds from the decoded picture to the answer, pictures a second one after another, bytes of the
    network's files and of the process at most, and for each picture asked the label answered ("" where it cannot be read); accuracy over those that can."""

    p50_ms: float
    p95_ms: float
    per_second: float
    size_bytes: int
    memory_bytes: int
    accuracy: float
    answers: list[str]


def measure(folder: str | Path, variant: Variant, pictures: Sequence[tuple[str | Path, str]], check_stop: Callable[[], None] = lambda: None) -> Measured:
    """Measure a variant that was converted: pictures are pairs of (picture file, its label), such as the validation pictures."""
    raise NotImplementedError


def run_child(job: dict, check: Callable[[], None] = lambda: None) -> dict:
    """Let a process of its own do a job and return what it found; kills it, and all it started, when check() raises. Raises TuneError.

    {"verb": "convert", "bundle", "variant": asdict(Variant), "out", "calibration": [path]}            -> {"folder", "size_bytes"}
    {"verb": "finish", "folder", "rows": [asdict(Row)]}                                                -> {"folder"}
    {"verb": "measure", "folder", "variant", "pictures": [[path, label]]}                              -> asdict(Measured)
    All may carry "seconds": how long it may take at most. check() is called several times a second.
    """
    raise NotImplementedError
