"""Formats for which the network itself has to be changed, in a process of its own: what changes networks is large, and may be killed."""

from collections import Counter
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory

from trainer.bundle import Bundle, read_bundle
from trainer.manifest import Row
from trainer.tune import TuneError, run_child
from trainer.variants import Variant
from webapp.bundles.formats import folder
from webapp.bundles.formats.base import Facts, Format
from webapp.core.errors import UserError
from webapp.training.words import refusal

ENOUGH = 5  # training pictures of each label
LONGEST = 1800  # seconds for a conversion; one takes seconds to a minute


class Converted(Format):
    """A format whose network is made anew from the model's, unless the model already answers by such a one."""

    readme: str

    def readme_of(self, made: Bundle) -> str:
        """The name of the text that goes with a network in this format."""
        return self.readme

    def build(self, bundle: Path, out: Path, facts: Facts, check: Callable[[], None]) -> None:
        about = read_bundle(bundle)
        with TemporaryDirectory(dir=out.parent) as room:
            is_made = about.engine == self.engine and about.precision in self.taken
            made = bundle if is_made else self.convert(bundle, Path(room) / "made", facts, check)
            folder.write(made, out, facts, self.engine, self.readme_of(read_bundle(made)), check)
            check()
            self.settle(made, out)
        folder.note_hashes(out)

    def settle(self, made: Path, out: Path) -> None:
        """What is left to do to a folder in which everything lies."""

    def convert(self, bundle: Path, made: Path, facts: Facts, check: Callable[[], None]) -> Path:
        """The folder of the network in this format, which has learned anew what it holds for usual where it sees otherwise. Raises UserError."""
        variant = Variant(self.engine, self.precision, facts.input_size, 1)
        files = [str(path) for path in facts.training]
        done({"verb": "convert", "bundle": str(bundle), "variant": asdict(variant), "out": str(made), "calibration": files, "seconds": LONGEST}, check, made.parent)
        if not self.exact and can_learn_anew(facts):
            done({"verb": "finish", "folder": str(made), "rows": [plain(row) for row in facts.rows], "seconds": LONGEST}, check, made.parent)
        return made


def can_learn_anew(facts: Facts) -> bool:
    """Whether enough of the training pictures are still there to tell what is usual; else what the model held for usual stays."""
    counts = Counter(row.label for row in facts.rows if row.split == "train")
    return all(counts[label] >= ENOUGH for label in facts.labels)


def done(job: dict, check: Callable[[], None], room: Path) -> None:
    """Have a process do a job, with its passing files in `room`; raises UserError when it cannot be done."""
    try:
        run_child(job, check, room)
    except TuneError as error:
        raise UserError(refusal(error)) from error


def plain(row: Row) -> dict:
    return {"path": row.path, "label": row.label, "split": row.split, "group": row.group, "key": row.key}
