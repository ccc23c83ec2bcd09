"""fit(config, manifest): the one way to train, for every preset."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from trainer import quick
from trainer.checkpoint import Checkpoints
from trainer.config import TrainConfig
from trainer.manifest import Manifest
from trainer.results import STOP, Cancelled, EpochReport, FitError, FitResult

__all__ = ["STOP", "Cancelled", "EpochReport", "FitError", "FitResult", "Job", "fit"]


@dataclass
class Job:
    """Everything that a training loop needs to know and whom it tells."""

    config: TrainConfig
    manifest: Manifest
    work_dir: Path
    cache_dir: Path
    on_epoch: Callable
    on_stage: Callable
    should_stop: Callable
    on_log: Callable = lambda line: None
    should_save: Callable = lambda: False

    @property
    def checkpoints(self) -> Checkpoints:
        return Checkpoints(self.work_dir / "checkpoints", fingerprint(self.config, self.manifest), self.should_save)


def fit(
    config: TrainConfig, manifest: Manifest, work_dir: str | Path, on_epoch: Callable[[EpochReport], str | None],
    on_stage: Callable[[str], None] | None = None, should_stop: Callable[[], bool] | None = None, cache_dir: str | Path | None = None,
    on_log: Callable[[str], None] | None = None, should_save: Callable[[], bool] | None = None,
) -> FitResult:
    """Train and return a FitResult; goes on from the checkpoints in `work_dir` where there are any of the same run.

    on_epoch(EpochReport) may return STOP. on_stage(name) hears preparing, training, evaluating. should_stop() is asked at
    every batch. on_log(line) hears what is worth keeping with the run, such as the batch size that was found; after a resume it may hear that again.
    should_save() is asked after every epoch, which then leaves a checkpoint in any case; else only as often as that is cheap.
    cache_dir holds the embedder (default: work_dir). An epoch after the last checkpoint is reported again after a resume.
    Raises Cancelled, FitError, BackboneError, and OSError where the disk is full.
    """
    work_dir = Path(work_dir)
    work_dir.mkdir(parents=True, exist_ok=True)
    job = Job(config, manifest, work_dir, Path(cache_dir or work_dir), on_epoch, on_stage or _nothing, should_stop or _never,
              on_log or _nothing, should_save or _never)
    job.on_stage("preparing")
    if config.preset == "quick":
        return quick.train(job)
    # torch takes seconds and 300 MB to load, and the linear head needs none of it.
    from trainer import finetune

    return finetune.train(job)


def fingerprint(config: TrainConfig, manifest: Manifest) -> str:
    """A hash of what is trained on what: only checkpoints with the same one are taken up. With a smaller batch, after memory ran out, they still are."""
    rows = [[row.key or row.path, row.label, row.split] for row in manifest.rows]  # files may lie elsewhere on a machine that goes on
    settings = {name: value for name, value in config.to_dict().items() if name != "batch_size"}
    text = json.dumps([settings, manifest.labels, rows], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _nothing(said: str) -> None:
    return None


def _never() -> bool:
    return False
