"""What a training says, as files beside the checkpoints.

A worker that is killed may leave epochs untold that its child has put into a checkpoint already; the child that goes on would not tell them again.
So the child writes each epoch here before it makes a checkpoint of it, and the next worker reads up what it missed; lines of the log are kept the same way.
Knows no Django: the child imports it.
"""

import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path

from webapp.core.logs import WORK

NAME, LOG = "epochs.jsonl", "log.jsonl"

work = logging.getLogger(WORK)


class Journaled:
    """A child's end of the pipe that keeps a copy of every epoch and every line of the log that goes through it, and gives the lines their time."""

    def __init__(self, connection: Connection, folder: Path):
        self.connection, self.file, self.log = connection, folder / NAME, folder / LOG

    def send(self, message: dict) -> None:
        if "epoch" in message:
            append(self.file, message["epoch"])
        if "log" in message:
            work.info("%s", message["log"])
            message = message | {"log": stamped(message["log"])}
            append(self.log, message["log"])
        self.connection.send(message)

    def recv(self) -> object:
        return self.connection.recv()


def stamped(line: str) -> str:
    """A line of the log with its time, in UTC: by it a line is known again, so that none is written down twice."""
    return f"{datetime.now(UTC).isoformat(timespec='milliseconds').removesuffix('+00:00')}Z {' '.join(line.split())}"


def append(file: Path, value: object) -> None:
    with file.open("a") as out:
        out.write("\n" + json.dumps(value) + "\n")  # the line before may have been cut short


def values(file: Path) -> Iterator:
    """What was appended to a file, in order; a line that its writer was killed over is left out."""
    for line in file.read_text().splitlines() if file.exists() else ():
        try:
            yield json.loads(line)
        except ValueError:
            continue  # cut short: nobody went on from it, so there is no checkpoint of it


def read(folder: Path, after: int) -> list[dict]:
    """The epochs in the journal that come after this one, in order; where an epoch was trained again, what came of it last."""
    told: dict[int, dict] = {}
    for epoch in values(folder / NAME):
        told = {number: other for number, other in told.items() if number < epoch["epoch"]} | {epoch["epoch"]: epoch}
    return [epoch for number, epoch in sorted(told.items()) if number > after]


def unheard(folder: Path, log: str) -> list[str]:
    """The lines of the journal that are not in a run's log yet: those after the last one that is."""
    said, heard = list(values(folder / LOG)), set(log.splitlines())
    known = [place for place, line in enumerate(said) if line in heard]
    return said[known[-1] + 1 if known else 0 :]
