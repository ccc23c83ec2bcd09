"""Where a run got to, on disk: safe against being killed, a full disk and a damaged file. Never a pickle."""

import json
import logging
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, save

from trainer.files import sha256_of_bytes, write_atomic

KEEP = 2

log = logging.getLogger(__name__)


class Checkpoints:
    """The checkpoints of one run in a folder: pairs of step.safetensors and step.json, the two newest of them.

    fingerprint: a text of what is trained on what; a checkpoint of something else is not taken up.
    should_save: asked by `save_when_cheap`; while it says so, that saves at any price.
    """

    def __init__(self, folder: str | Path, fingerprint: str, should_save: Callable[[], bool] = lambda: False) -> None:
        self.folder = Path(folder)
        self.fingerprint, self.should_save = fingerprint, should_save
        self._rest_until = 0.0

    def save(self, step: int, arrays: Mapping[str, np.ndarray], facts: dict) -> None:
        """Keep a dict of numpy arrays and a dict of plain values for a step. Raises OSError where the disk is full; older ones stay."""
        started = time.monotonic()
        self.folder.mkdir(parents=True, exist_ok=True)
        data = save({name: np.asarray(array, order="C") for name, array in arrays.items()})
        write_atomic(self._tensors(step), data)
        # The JSON goes last: without it the tensors do not count, with it they are whole.
        about = {"step": step, "sha256": sha256_of_bytes(data), "fingerprint": self.fingerprint, "facts": facts}
        write_atomic(self._about(step), json.dumps(about).encode())
        self._forget_all_but(steps_up_to(step, self.folder)[-KEEP:])
        self._rest_until = time.monotonic() + 10 * (time.monotonic() - started)

    def save_when_cheap(self, step: int, arrays: Callable[[], Mapping[str, np.ndarray]], facts: Callable[[], dict]) -> None:
        """As `save`, with functions that give the two dicts, but not so often that more than a tenth of the time goes into it."""
        if time.monotonic() >= self._rest_until or self.should_save():
            self.save(step, arrays(), facts())

    def newest(self) -> tuple[int, dict[str, np.ndarray], dict] | None:
        """(step, arrays, facts) of the newest checkpoint that is whole and of this run, or None."""
        for step in reversed(steps(self.folder)):
            found = self._load(step)
            if found is not None:
                return found
        return None

    def _load(self, step: int) -> tuple[int, dict[str, np.ndarray], dict] | None:
        try:
            about = json.loads(self._about(step).read_bytes())
            data = self._tensors(step).read_bytes()
            if sha256_of_bytes(data) != about["sha256"]:
                raise ValueError("the checksum differs")
            if about["fingerprint"] != self.fingerprint:
                raise ValueError("it belongs to another run")
            return about["step"], load(data), about["facts"]
        except (OSError, ValueError, KeyError, SafetensorError) as error:
            log.warning("checkpoint %s is not used: %s", step, error)
            return None

    def _forget_all_but(self, kept: list[int]) -> None:
        for step in set(steps(self.folder)) - set(kept):
            self._about(step).unlink(missing_ok=True)
            self._tensors(step).unlink(missing_ok=True)

    def _tensors(self, step: int) -> Path:
        return files(self.folder, step)[0]

    def _about(self, step: int) -> Path:
        return files(self.folder, step)[1]


def steps(folder: Path) -> list[int]:
    """The steps that a folder has checkpoints of, the newest last."""
    return sorted(int(path.stem) for path in folder.glob("*.json") if path.stem.isdecimal())


def steps_up_to(step: int, folder: Path) -> list[int]:
    """The same without later ones: a run that is here now has not taken those up, so they are damaged or of another run."""
    return [other for other in steps(folder) if other <= step]


def files(folder: Path, step: int) -> tuple[Path, Path]:
    """The two files of a checkpoint, in the order in which they are written."""
    return folder / f"{step:06d}.safetensors", folder / f"{step:06d}.json"


def newest_files(folder: Path) -> tuple[Path, ...]:
    """The files of the newest checkpoint in a folder; none where there is none."""
    found = steps(folder)
    return files(folder, found[-1]) if found else ()
