import json
import os
import sys
from threading import Lock

from webapp.core import logs

COLOURS = {"web": 36, "live": 35, "dispatcher": 33, "worker": 32, "redis": 31, "up": 1}
WIDTH = max(map(len, COLOURS))


class Terminal:
    """Lines of several processes, each behind the name of its process, in colour on a terminal that wants it; or, for LOG_FORMAT=json, each a JSON object."""

    def __init__(self, look: str = logs.LINE) -> None:
        self._lock, self._is_json = Lock(), look == logs.JSON
        self._coloured = sys.stdout.isatty() and "NO_COLOR" not in os.environ

    def line(self, name: str, text: str) -> None:
        written = self._object(name, text) if self._is_json else f"{self._prefix(name)} {text}"
        with self._lock:
            try:
                print(written, flush=True)
            except OSError:  # nobody reads any more, and there is nobody left to tell; the work goes on
                sys.stdout = open(os.devnull, "w")

    def _prefix(self, name: str) -> str:
        prefix = f"{name:<{WIDTH}} |"
        return f"\033[{COLOURS[name]}m{prefix}\033[0m" if self._coloured else prefix

    def _object(self, name: str, text: str) -> str:
        """The line of a process that writes objects itself, as it is; of any other (Redis, a crash) one made of it."""
        return text if text.startswith("{") else json.dumps({"event": text, "logger": name, "level": "info"}, ensure_ascii=False)
