"""The store: pictures, uploads and models as files with names that we make; a folder, or S3. Nothing here takes a name from a person."""

import os
import tempfile
from pathlib import Path

from django.conf import settings
from django.core.files.base import File
from django.core.files.storage import FileSystemStorage, default_storage


def put(name: str, content: bytes) -> None:
    """Write a file so that it is whole or not there (temp file beside it, fsync, rename, fsync of the folder)."""
    if not isinstance(default_storage, FileSystemStorage):
        with default_storage.open(name, "wb") as out:
            out.write(content)
        return
    target = Path(default_storage.path(name))
    target.parent.mkdir(parents=True, exist_ok=True)
    descriptor, temp = tempfile.mkstemp(prefix=".part-", dir=target.parent)
    try:
        with os.fdopen(descriptor, "wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        os.chmod(temp, 0o640)
        os.replace(temp, target)
    except BaseException:
        Path(temp).unlink(missing_ok=True)
        raise
    sync_folder(target.parent)


def sync_folder(folder: Path) -> None:
    """Make a rename in this folder survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def get(name: str) -> bytes:
    """The content of a file; raises FileNotFoundError."""
    with default_storage.open(name, "rb") as file:
        return file.read()


def open_file(name: str) -> File:
    """A file open for reading; raises FileNotFoundError."""
    return default_storage.open(name, "rb")


def exists(name: str) -> bool:
    return default_storage.exists(name)


def delete(name: str) -> None:
    """Delete a file, or nothing when it is not there."""
    default_storage.delete(name)


def local_path(name: str) -> Path:
    """Where the file lies on this machine; a file of S3 is fetched once into a cache folder."""
    if isinstance(default_storage, FileSystemStorage):
        return Path(default_storage.path(name))
    cached = settings.DATA / "cache" / "store" / name
    if not cached.exists():
        cached.parent.mkdir(parents=True, exist_ok=True)
        part = cached.with_name(f".part-{os.getpid()}-{cached.name}")
        part.write_bytes(get(name))
        part.replace(cached)
    return cached


def free_bytes() -> int:
    """Bytes left on the disk of the data folder."""
    stat = os.statvfs(settings.DATA)
    return stat.f_bavail * stat.f_frsize
