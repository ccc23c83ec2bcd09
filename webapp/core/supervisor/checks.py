"""What must be true before anything is started; each trouble is one line that says what to do."""

import errno
import fcntl
import os
import socket
import tempfile
import time
from pathlib import Path
from typing import TextIO

from django.contrib.staticfiles import finders

NEEDED_BYTES = 300_000_000
VENDOR_FILES = ("vendor/uplot/uPlot.esm.js", "vendor/uplot/uPlot.min.css")
STOPPING_SECONDS = 12.0


class CannotStart(Exception):
    """A line for the person at the terminal."""


def check_port(host: str, port: int, variable: str) -> None:
    """Raise CannotStart when something listens on the port already, or we may not."""
    family, kind, protocol, _name, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    with socket.socket(family, kind, protocol) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise CannotStart(f"AI Maker cannot listen on {host}:{port} ({error.strerror}). Set another HOST or {variable}.") from None
            raise CannotStart(f"Port {port} is in use. Stop what listens there, or choose another one: {variable}={port + 100} make run") from None


def check_folder(folder: Path) -> None:
    """Raise CannotStart when the data folder cannot be written to, or its disk is nearly full."""
    try:
        with tempfile.TemporaryFile(dir=folder) as probe:
            probe.write(bytes(4096))
        stat = os.statvfs(folder)
    except OSError as error:
        raise CannotStart(f"AI Maker cannot write to its data folder {folder} ({error.strerror}). Set AIMAKER_DATA to a folder that it may use.") from None
    free = stat.f_bavail * stat.f_frsize
    if free < NEEDED_BYTES:
        raise CannotStart(
            f"The disk of the data folder {folder} has only {free // 1_000_000} MB left, and AI Maker needs {NEEDED_BYTES // 1_000_000} MB to start. "
            "Make room, or set AIMAKER_DATA to a folder on another disk."
        )


def check_vendor() -> None:
    """Raise CannotStart when the JavaScript packages were not brought in."""
    if any(finders.find(name) is None for name in VENDOR_FILES):
        raise CannotStart("The JavaScript packages are missing. Run `make setup`, which brings them in, and start again.")


def lock_folder(folder: Path, address: str) -> TextIO:
    """Hold the data folder as long as the file that this gives stays open; raises CannotStart when another `up` holds it.

    After a kill -9 the guard of the dead `up` holds it until it has cleaned up, so that is waited for.
    """
    lock = open(folder / "up.lock", "a+")
    ends = time.monotonic() + STOPPING_SECONDS
    while not take(lock):
        lock.seek(0)
        pid, _space, where = lock.read().strip().partition(" ")
        if time.monotonic() > ends or not pid.isdigit() or alive(int(pid)):
            raise CannotStart(f"AI Maker already runs on the data folder {folder} (process {pid}, {where}). Stop it, or set another AIMAKER_DATA.")
        time.sleep(0.2)
    lock.truncate(0)
    lock.write(f"{os.getpid()} {address}")
    lock.flush()
    return lock


def take(lock: TextIO) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
