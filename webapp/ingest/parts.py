"""The part of a big file that is here: an ordinary file, exactly as long as what has arrived.

Its length is the only record of how far it is, so that a process which is killed in the middle of a piece loses nothing that was written.
Whoever adds to it holds its lock.
"""

import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, NamedTuple, Protocol
from uuid import UUID

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile

PIECE = 1 << 16  # what is lost at most of a connection that falls silent, because the server hands out only whole pieces
ALGORITHMS = ("sha1", "sha256", "md5")


class Busy(Exception):
    """Somebody else is adding to the part."""


class Mismatch(Exception):
    """A piece is not what its checksum says; nothing of it was kept."""


class Checksum(NamedTuple):
    algorithm: str  # one of ALGORITHMS
    digest: bytes


class Source(Protocol):
    """Where the bytes of a piece come from: a request. `read` raises OSError when the connection breaks."""

    def read(self, size: int) -> bytes: ...


class Arrived(UploadedFile):
    """A file of ours, or the beginning of one, as if a form had brought it."""

    def __init__(self, path: Path, name: str, size: int):
        super().__init__(open(path, "rb"), None, "", size)
        self._name, self._path = name, path  # as it is: no file of ours is called by it, and Django refuses names such as ".."

    def temporary_file_path(self) -> str:
        return str(self._path)


def root() -> Path:
    """Where parts lie: in the folder that machines share, where there is one, since the next piece may come to another."""
    return (settings.STORE_FOLDER or settings.FILE_UPLOAD_TEMP_DIR) / "transfers"


def place(project_id: UUID, key: UUID) -> Path:
    """Where the part of a file lies."""
    return root() / str(project_id) / str(key)


def some_of(project_id: UUID) -> bool:
    """Whether anything on its way to a project is here; asks no database."""
    try:
        return any(os.scandir(root() / str(project_id)))
    except FileNotFoundError:
        return False


def length(path: Path) -> int | None:
    """How many bytes of a part are here; None when it is not here, or not any more."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return None


def create(path: Path) -> None:
    """Begin a part of no bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.open("xb").close()


def ensure(path: Path) -> None:
    """Begin a part of no bytes where this machine has none: another one took in what has come so far."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.open("ab").close()


def delete(path: Path) -> None:
    """Delete a part, and its folder when that was the last one."""
    path.unlink(missing_ok=True)
    try:
        path.parent.rmdir()
    except OSError:  # others are in it, or it is gone already
        return


@contextmanager
def held(path: Path) -> Iterator[BinaryIO]:
    """The part, open at its end and ours alone for a block. Raises Busy, and FileNotFoundError when it is gone."""
    with open(path, "r+b", buffering=0) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Busy from None
        if os.fstat(file.fileno()).st_ino != path.stat().st_ino:  # handed over, and begun anew, between the two statements
            raise FileNotFoundError(path)
        file.seek(0, os.SEEK_END)
        yield file


def append(file: BinaryIO, source: Source, count: int, checksum: Checksum | None = None) -> int:
    """Add what comes of `count` bytes; gives how long the part is then, fewer than hoped for when the connection broke.

    With a checksum all of it must come. Raises Mismatch, and OSError when the disk does not take it (what it took stays).
    """
    start, digest = file.tell(), hashlib.new(checksum.algorithm) if checksum else None
    try:
        for piece in _pieces(source, count):
            _write(file, piece)
            if digest:
                digest.update(piece)
        if digest and digest.digest() != checksum.digest:
            raise Mismatch
    except Mismatch:
        file.truncate(start)
        raise
    finally:
        _make_last(file, start)
    return file.seek(0, os.SEEK_END)


def _pieces(source: Source, count: int) -> Iterator[bytes]:
    while count:
        try:
            piece = source.read(min(PIECE, count))
        except OSError:  # the connection broke, or nothing came for too long: what came before is good
            return
        if not piece:
            return
        count -= len(piece)
        yield piece


def _write(file: BinaryIO, piece: bytes) -> None:
    left = memoryview(piece)
    while left:
        left = left[file.write(left) :]


def _make_last(file: BinaryIO, start: int) -> None:
    """What is answered for must survive a power cut; what the disk will not keep is not counted."""
    try:
        os.fdatasync(file.fileno())
    except OSError:
        file.truncate(start)
        raise
