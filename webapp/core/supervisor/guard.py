"""Ends what `manage.py up` started when `up` itself is gone, even by kill -9.

`up` runs this file as a small process and holds the writing end of its standard input. Lines "+123" and "-123" say which process groups
are at work. When the pipe closes, `up` has ended in some way, and whatever it left is stopped. Nothing but the standard library is needed.

A process is known by its group, and by STARTED_BY in its environment, which children inherit wherever they move to.
"""

import os
import signal
import sys
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

MARK = "AIMAKER_STARTED_BY"
GRACE = 6.0  # seconds between "please stop" and kill


def marked(mark: str) -> set[int]:
    """Ids of the processes whose environment holds a mark that starts like this (Linux; nothing elsewhere)."""
    wanted = b"\0" + f"{MARK}={mark}".encode()
    found = set()
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it ended meanwhile, or is somebody else's
            if wanted in b"\0" + (folder / "environ").read_bytes() and " Z " not in (folder / "stat").read_text():
                found.add(int(folder.name))
    return found - {os.getpid()}


def send(number: int, pids: Iterable[int], groups: Iterable[int]) -> None:
    """Send a signal to processes and process groups, as far as they are still there."""
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)
    for group in groups:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(group, number)


def group_lives(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def clear(mark: str, groups: set[int], grace: float = 0.0) -> None:
    """Stop everything that carries the mark or belongs to a group: ask first when there is a grace, kill at its end."""
    ends = time.monotonic() + grace
    if grace:
        send(signal.SIGTERM, (), groups)
    while time.monotonic() < ends and (marked(mark) or any(map(group_lives, groups))):
        time.sleep(0.1)
    for _round in range(3):  # a process may have had a child while it was being looked for
        send(signal.SIGKILL, marked(mark), groups)
        time.sleep(0.05)


def main(mark: str) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    groups: set[int] = set()
    for line in sys.stdin:
        (groups.add if line[0] == "+" else groups.discard)(int(line[1:]))
    clear(mark, groups, GRACE)


if __name__ == "__main__":
    main(sys.argv[1])
