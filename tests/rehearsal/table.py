"""What was seen, line by line: printed at once, and written into docs/rehearsal.md at the end."""

import time
import traceback
from collections.abc import Callable
from typing import NamedTuple


class Line(NamedTuple):
    part: str
    what: str
    seen: str
    seconds: float
    is_good: bool


class Table:
    """Lines of the journey, of the faults and of what must hold after them. One that fails is a line as well, and the next one is tried."""

    def __init__(self):
        self.lines: list[Line] = []

    def row(self, part: str, step: Callable[[], str]) -> bool:
        """Do a step and note what it saw; its text says what it is. False when it did not go as it must."""
        what, began = getattr(step, "func", step).__doc__.strip().splitlines()[0].rstrip("."), time.monotonic()
        try:
            seen, is_good = step() or "yes", True
        except Exception as error:  # whatever it is, the table tells of it, and the exit code
            traceback.print_exc()
            seen, is_good = f"{type(error).__name__}: {error}".replace("\n", " ")[:300], False
        line = Line(part, what, seen, time.monotonic() - began, is_good)
        print(f"{'ok  ' if is_good else 'FAIL'} {line.seconds:6.1f} s  {what}: {seen}", flush=True)
        self.lines.append(line)
        return is_good

    def is_good(self) -> bool:
        return all(line.is_good for line in self.lines)

    def markdown(self, part: str) -> str:
        """The lines of a part as a table."""
        rows = [f"| {line.what} | {line.seen} | {line.seconds:.1f} | {'yes' if line.is_good else '**no**'} |".replace("\n", " ") for line in self.lines if line.part == part]
        return "\n".join(["| what | seen | seconds | as it must be |", "|---|---|---|---|", *rows])
