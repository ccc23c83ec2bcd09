"""A folder that is to be taken away, held against the page: its own script is asked, in a process of its own, and so is the code that answers on the page."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from trainer.bundle import read_bundle
from trainer.files import sha256_of
from trainer.pixels import PictureError
from trainer.predict import Predictor
from webapp.bundles.formats.base import Facts, Format
from webapp.core.errors import UserError

NAME = "agreement.json"
TOLERANCE = 1e-3
ENOUGH = 50  # pictures from which on it can be told that it is so
SHARE = 0.98  # of pictures whose best answer must be the same, where a format computes in whole numbers
LONGEST = 900  # seconds for a script to answer
LOOK = 0.1  # seconds between two looks at it
KEPT_VARIABLES = ("PATH", "HOME", "LANG", "TMPDIR", "LD_LIBRARY_PATH", "SYSTEMROOT")


@dataclass(frozen=True)
class Pair:
    """Two answers about a picture, {label: confidence}: of the folder, and of the page. drawn: it is no photograph, and of no label."""

    here: dict[str, float]
    page: dict[str, float]
    drawn: bool

    @property
    def difference(self) -> float:
        return max(abs(self.here.get(label, 0.0) - confidence) for label, confidence in self.page.items())

    @property
    def same(self) -> bool:
        return max(self.here, key=self.here.__getitem__) == max(self.page, key=self.page.__getitem__)


def held(wanted: Format, out: Path, bundle: Path, facts: Facts, check: Callable[[], None]) -> dict | None:
    """How a built folder agrees with what `bundle` answers on the page: {"pictures", "same", "largest_difference", "exact", "enough"}; None where it has no script that can be asked here.

    Asked are unseen pictures of the project, golden ones, and files that programs read in different ways. Raises UserError where it does not keep its word.
    """
    if not wanted.script or not wanted.by_worker:
        return None
    found = pairs(wanted, out, bundle, facts, check)
    photos = [pair for pair in found if not pair.drawn] or found
    exact = wanted.exact and read_bundle(bundle).precision == "fp32"  # the model in use may be packed in whole numbers
    differences = [pair.difference for pair in (found if exact else photos)]
    result = {"pictures": len(photos), "same": sum(pair.same for pair in photos), "largest_difference": max(differences), "exact": exact, "enough": exact or len(photos) >= ENOUGH}
    if not keeps_word(result):
        raise broken(wanted, result)
    return result


def keeps_word(found: dict) -> bool:
    """Whether it answers as the page does: within 0.001, or in whole numbers the same best answer on 98 of 100 pictures; of fewer than 50 pictures on all but one, of fewer than ten on all."""
    if found["exact"]:
        return found["largest_difference"] <= TOLERANCE
    count = found["pictures"]
    return count - found["same"] <= (int(count * (1 - SHARE) + 1e-9) if count >= ENOUGH else min(1, count // 10))


def broken(wanted: Format, found: dict) -> UserError:
    if found["exact"]:
        message = _("Packed as %(format)s it would answer otherwise than the page, by %(difference).3f. It is not given away so. Take it as ONNX.")
        return UserError(message % {"format": wanted.title, "difference": found["largest_difference"]}, code="answers_otherwise")
    count = found["pictures"] - found["same"]
    message = ngettext(
        "Packed as %(format)s it would answer %(count)d of %(total)d pictures otherwise than the page. It is not given away so. Take it as ONNX.",
        "Packed as %(format)s it would answer %(count)d of %(total)d pictures otherwise than the page. It is not given away so. Take it as ONNX.",
        count,
    )
    return UserError(message % {"format": wanted.title, "count": count, "total": found["pictures"]}, code="answers_otherwise")


def pairs(wanted: Format, out: Path, bundle: Path, facts: Facts, check: Callable[[], None]) -> list[Pair]:
    drawn = sorted(path for path in out.rglob("awkward/*") if path.suffix != ".json")
    files = [*facts.unseen, *not_among(facts.unseen, bundle), *drawn]
    said = asked(out / wanted.script, files, check)
    predictor, found = Predictor(bundle), []
    for file, line in zip(files, said, strict=True):
        check()
        page = on_page(predictor, file, facts.keep)
        if page and "answer" in line:
            found.append(Pair(line["answer"], page, file in drawn))
    if not found:
        raise UserError(_("None of the pictures can be read any more, so that nobody can tell whether it answers as the page does. Take it as ONNX."), code="no_pictures")
    return found


def not_among(unseen: list[Path], bundle: Path) -> list[Path]:
    """The golden pictures of a model's folder that are none of the unseen: one that is asked about twice counts twice."""
    digests = {sha256_of(path) for path in unseen if path.exists()}
    return [path for path in sorted(bundle.glob("golden/*")) if path.suffix != ".json" and sha256_of(path) not in digests]


def on_page(predictor: Predictor, file: Path, keep: float) -> dict[str, float] | None:
    try:
        return dict(predictor.predict(file, keep=keep).answers)
    except PictureError:
        return None  # it was deleted since


def asked(script: Path, files: list[Path], check: Callable[[], None]) -> list[dict]:
    """What a script says to files, a line of JSON each; it runs as for somebody who has the folder and nothing else of ours. Raises UserError."""
    environment = {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ} | {"PYTHONDONTWRITEBYTECODE": "1"}  # what it leaves would be packed
    with open(script.parent.parent / "said.jsonl", "w+", encoding="utf-8") as said:
        with subprocess.Popen([sys.executable, str(script), "--json", *map(str, files)], cwd=script.parent, env=environment, stdout=said, stderr=subprocess.PIPE, text=True) as process:
            trouble = wait(process, check)
        said.seek(0)
        lines = [json.loads(line) for line in said]
    if len(lines) != len(files):
        raise UserError(_("What was packed does not run here: %(trouble)s. Try again; if it happens again, tell whoever runs this server.") % {"trouble": trouble[-300:]}, code="does_not_run")
    return lines


def wait(process: subprocess.Popen, check: Callable[[], None]) -> str:
    """Wait for the end of a process, which is killed where that takes too long or somebody stopped it; what it complained about."""
    ends = time.monotonic() + LONGEST
    try:
        while time.monotonic() < ends:
            check()
            try:
                return process.communicate(timeout=LOOK)[1].strip()
            except subprocess.TimeoutExpired:
                continue
        return _("it took too long")
    finally:
        process.kill()
