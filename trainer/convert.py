"""From a model to one of its variants: a complete bundle for another engine, number format or input size."""

from collections.abc import Callable, Sequence
from pathlib import Path

from trainer.manifest import Row
from trainer.sentences import Refusal
from trainer.variants import Variant


class ConvertError(Refusal):
    """A variant cannot be made of this model, and why; the message is a sentence for a person."""


def convert(bundle: str | Path, variant: Variant, out: str | Path, calibration: Sequence[str | Path], check_stop: Callable[[], None] = lambda: None) -> Path:
    """Make a bundle of this variant in `out` and return its folder; raises ConvertError and BundleError.

    bundle: folder of the model as it was trained. calibration: picture files of training, for INT8; a hundred are enough.
    The bundle holds bundle.json, the network's file or files, labels.txt and golden/ with the answers of the variant itself. What it holds for usual
    is that of the model until `finish` looks again. check_stop() may raise between the steps.
    """
    raise NotImplementedError


def finish(folder: str | Path, rows: Sequence[Row], check_stop: Callable[[], None] = lambda: None) -> None:
    """Let a variant that is to answer for a project learn anew what is usual, from its own view of the pictures it was trained and tested with.

    rows: as of the run's manifest, with path, label, split and group. Nothing changes where the variant computes as the model does (fp32, the same size).
    """
    raise NotImplementedError
