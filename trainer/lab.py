"""The speed lab by hand: variants of a model made and measured one after another, the best of them, and a table."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from trainer.bundle import read_bundle
from trainer.manifest import Row
from trainer.tune import Measured, TuneError, run_child
from trainer.variants import Variant

HEAD = ("variant", "p50 ms", "p95 ms", "pictures/s", "MB", "memory MB", "accuracy", "changed")


@dataclass(frozen=True)
class Found:
    """A variant with what was measured of it, or the reason why nothing was. changed: pictures answered otherwise than by the model as it was trained."""

    variant: Variant
    measured: Measured | None = None
    changed: int = 0
    reason: str = ""


def look(bundle: Path, ways: Sequence[Variant], asked: Sequence[Row], learned: Sequence[Row], room: Path, check: Callable[[], None] = lambda: None) -> Iterator[Found]:
    """Make and measure variants, the first of them the model as it was trained; bundles are left in `room`, a folder for each.

    asked: rows of unseen pictures. learned: rows of training pictures, for INT8.
    """
    before: list[str] = []
    for way in ways:
        try:
            found = measured(way, made(bundle, way, learned, room, check), asked, check)
        except TuneError as error:
            yield Found(way, reason=str(error))
            continue
        before = before or found.answers
        yield Found(way, found, sum(now != then for now, then in zip(found.answers, before, strict=True)))


def made(bundle: Path, way: Variant, learned: Sequence[Row], room: Path, check: Callable[[], None] = lambda: None) -> Path:
    """The bundle of a variant, made where it is not there yet, or of another model. Raises TuneError."""
    folder = room / way.packed
    if not folder.is_dir() or read_bundle(folder).details.get("made_of") != read_bundle(bundle).sha256:
        calibration = [str(Path(row.path).resolve()) for row in learned]
        run_child({"verb": "convert", "bundle": str(bundle.resolve()), "variant": asdict(way), "out": str(folder.resolve()), "calibration": calibration}, check)
    return folder


def measured(way: Variant, folder: Path, asked: Sequence[Row], check: Callable[[], None] = lambda: None) -> Measured:
    """A made variant measured in a process of its own. Raises TuneError."""
    pictures = [[str(Path(row.path).resolve()), row.label] for row in asked]
    return Measured(**run_child({"verb": "measure", "folder": str(folder.resolve()), "variant": asdict(way), "pictures": pictures}, check))


def fastest(rows: Sequence[Found], points: float) -> Found:
    """Of the variants that may be put in use and lose at most so many points of accuracy beside the first row, the fastest."""
    least = rows[0].measured.accuracy - points / 100 - 1e-9
    able = [row for row in rows if row.measured and row.variant.is_served and row.measured.accuracy >= least]
    return min(able, key=lambda row: row.measured.p50_ms)


def line(row: Found) -> str:
    """A row of the table, as wide as `head()`."""
    if row.measured is None:
        return f"{row.variant.name:<28}{row.reason}"
    m = row.measured
    return (f"{row.variant.name:<28}{m.p50_ms:>10.2f}{m.p95_ms:>10.2f}{m.per_second:>12.0f}{m.size_bytes / 1e6:>8.1f}"
            f"{m.memory_bytes / 1e6:>11.0f}{m.accuracy:>10.3f}{row.changed:>9}")


def head() -> str:
    """The names of the columns."""
    return "{:<28}{:>10}{:>10}{:>12}{:>8}{:>11}{:>10}{:>9}".format(*HEAD)
