"""Epochs as a file beside the checkpoints.

A worker that is killed may leave epochs untold that its child has put into a checkpoint already; the child that goes on would not tell them again.
So the child writes each epoch here before it makes a checkpoint of it, and the next worker reads up what it missed. Knows no Django: the child imports it.
"""

import json
from multiprocessing.connection import Connection
from pathlib import Path

NAME = "epochs.jsonl"


class Journaled:
    """A child's end of the pipe that keeps a copy of every epoch that goes through it."""

    def __init__(self, connection: Connection, folder: Path):
        self.connection, self.file = connection, folder / NAME

    def send(self, message: dict) -> None:
        if "epoch" in message:
            with self.file.open("a") as out:
                out.write(json.dumps(message["epoch"]) + "\n")
        self.connection.send(message)

    def recv(self) -> object:
        return self.connection.recv()


def read(folder: Path, after: int) -> list[dict]:
    """The epochs in the journal that come after this one, in order; where an epoch was trained again, what came of it last."""
    file = folder / NAME
    told: dict[int, dict] = {}
    for line in file.read_text().splitlines() if file.exists() else ():
        try:
            epoch = json.loads(line)
        except ValueError:
            continue  # the child was killed while it wrote this line, so there is no checkpoint of it
        told = {number: other for number, other in told.items() if number < epoch["epoch"]} | {epoch["epoch"]: epoch}
    return [epoch for number, epoch in sorted(told.items()) if number > after]
