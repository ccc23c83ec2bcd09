import os
import sys
from threading import Lock

COLOURS = {"web": 36, "live": 35, "dispatcher": 33, "worker": 32, "redis": 31, "up": 1}
WIDTH = max(map(len, COLOURS))


class Terminal:
    """Lines of several processes, each behind the name of its process; in colour on a terminal that wants it."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._coloured = sys.stdout.isatty() and "NO_COLOR" not in os.environ

    def line(self, name: str, text: str) -> None:
        prefix = f"{name:<{WIDTH}} |"
        if self._coloured:
            prefix = f"\033[{COLOURS[name]}m{prefix}\033[0m"
        with self._lock:
            try:
                print(prefix, text, flush=True)
            except OSError:  # nobody reads any more, and there is nobody left to tell; the work goes on
                sys.stdout = open(os.devnull, "w")
