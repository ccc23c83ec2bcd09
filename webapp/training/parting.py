"""What a training does when its machine is about to be taken away: it ends the epoch that it is in, saves, and goes back."""

from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path

from trainer.checkpoint import steps
from webapp.core import jobs
from webapp.core.errors import ShuttingDown
from webapp.training import record
from webapp.training.kept import CHECKPOINTS
from webapp.training.models import Run


class Parting:
    """Asks the child of a run for one more checkpoint once that is so, and breaks the run off as soon as it is there."""

    def __init__(self, run: Run, folder: Path, connection: Connection):
        self.run, self.folder, self.connection = run, folder / CHECKPOINTS, connection
        self.newest: int | None = None  # step of the newest checkpoint when it was asked

    def check(self) -> None:
        """Raises ShuttingDown when nothing more is worth waiting for, and LeaseLost."""
        if not jobs.soon_gone.is_set():
            return
        newest = max(steps(self.folder), default=0)
        if self.newest is None:
            self.newest = newest
            with suppress(OSError):  # whoever listens to the child notices that it is gone
                self.connection.send("save")
        elif newest > self.newest:
            record.log(self.run, f"This machine is taken back; the checkpoint of epoch {newest} goes to another one.")
            raise ShuttingDown
