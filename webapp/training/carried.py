"""Checkpoints that travel: where machines share the store and nothing else, the newest checkpoint of a run lies there too.

So a run whose machine was taken back, or died, goes on elsewhere from where it was. What a run has in the store goes when the run ends; the daily
sweep takes what was left.
"""

import json
import logging
import time
from pathlib import Path
from uuid import UUID

from django.conf import settings

from trainer.checkpoint import newest_files
from trainer.files import write_atomic
from webapp.core import jobs, store
from webapp.core.errors import StoreAway
from webapp.training import journal, record
from webapp.training.kept import CHECKPOINTS
from webapp.training.models import Run

EVERY = 60.0  # seconds between two times at the least; what a machine that dies without a word loses at the most
SHARE = 10  # of the time not more than a tenth goes into it

log = logging.getLogger(__name__)


def is_needed() -> bool:
    """Whether other machines see our store but not our folder of runs."""
    return bool(settings.STORE_BUCKET or settings.STORE_FOLDER)


def place(run: Run) -> str:
    """Where a run's checkpoint lies in the store: with its project, so that it goes when that goes."""
    return f"projects/{run.project_id}/runs/{run.id}"


class Carrier:
    """Brings the newest checkpoint of a run to the store now and then."""

    def __init__(self, run: Run, folder: Path):
        self.run, self.folder = run, folder
        self.rest_until = time.monotonic() + EVERY

    def carry_when_due(self) -> None:
        """Bring it there if the time has come. Raises LeaseLost and Cancelled: a worker that was frozen learns of that here, before it brings what is old."""
        if is_needed() and time.monotonic() >= self.rest_until:
            jobs.patiently(lambda: jobs.beat(self.run))
            began = time.monotonic()
            self.carry()
            ended = time.monotonic()
            self.rest_until = ended + max(EVERY, SHARE * (ended - began))

    def carry(self) -> None:
        """Bring it there now, if it is not there yet. A store that is away is no reason to stop a training."""
        if not is_needed():
            return
        try:
            _bring(self.run, self.folder)
        except (OSError, StoreAway) as error:
            log.warning("the checkpoint of run %s stays on this machine for now: %s", self.run.id, error)


def _bring(run: Run, folder: Path) -> None:
    """Raises OSError, also where the training has replaced a file meanwhile, and StoreAway."""
    files = newest_files(folder / CHECKPOINTS)
    before = list(store.walk(place(run)))
    if not files or is_as_far(run, before, files):
        return
    journaled = folder / journal.NAME
    # The journal is read after the checkpoint was chosen, so it tells of every epoch of it; the last of the files says that the others are there.
    for file in (journaled, *files) if journaled.exists() else files:
        store.put(f"{place(run)}/{file.name}", file.read_bytes())
    for name in before:
        if Path(name).name not in {journal.NAME, *(file.name for file in files)}:
            store.delete(name)


def take_up(run: Run, folder: Path) -> None:
    """Bring the checkpoint of a run that goes on into its folder, if another machine got further than this one."""
    if not is_needed():
        return
    try:
        _fetch(run, folder)
    except (FileNotFoundError, StoreAway) as error:
        log.warning("run %s goes on without the checkpoint of another machine: %s", run.id, error)


def _fetch(run: Run, folder: Path) -> None:
    """Raises FileNotFoundError and StoreAway; what is in the folder then is still whole."""
    names = newest_names(list(store.walk(place(run))))
    if not names or [file.name for file in newest_files(folder / CHECKPOINTS)] >= names:
        return
    (folder / CHECKPOINTS).mkdir(exist_ok=True)
    if store.exists(f"{place(run)}/{journal.NAME}"):
        write_atomic(folder / journal.NAME, store.get(f"{place(run)}/{journal.NAME}"))
    for name in names:
        write_atomic(folder / CHECKPOINTS / name, store.get(f"{place(run)}/{name}"))
    record.log(run, f"Goes on from a checkpoint of another machine: {Path(names[-1]).stem.lstrip('0')}.")


def is_as_far(run: Run, names: list[str], files: tuple[Path, ...]) -> bool:
    """Whether the store has this checkpoint, or a later one of a machine that took the run over. One from before a picture was deleted is of no use."""
    newest = newest_names(names)
    if not newest or newest[-1] <= files[-1].name:
        return newest[-1:] == [files[-1].name]
    return json.loads(files[-1].read_bytes())["fingerprint"].encode() in store.get(f"{place(run)}/{newest[-1]}")


def newest_names(names: list[str]) -> list[str]:
    """Of the files of checkpoints, those of the newest, the one that says that all are there last."""
    steps = {Path(name).stem for name in names if name.endswith(".json")}
    return [f"{max(steps)}.safetensors", f"{max(steps)}.json"] if steps else []


def forget(run: Run) -> None:
    """Delete what a run that has ended has in the store."""
    if not is_needed():
        return
    try:
        store.delete_folder(place(run))
    except StoreAway as error:
        log.warning("the checkpoint of run %s is left to the daily sweep: %s", run.id, error)


def known_files(project_id: UUID) -> set[str]:
    """The files of the runs of a project that are not over."""
    live = Run.objects.defer(*Run.BIG).filter(project=project_id, status__in=Run.LIVE)
    return {name for run in live for name in store.walk(place(run))}
