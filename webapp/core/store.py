"""The store: pictures, uploads and models as files with names that we make; a folder, or a bucket of S3. Nothing here takes a name from a person.

The folder may be one that several machines share (STORE_FOLDER). A write is a rename there, too, so that no machine sees half a file.
"""

import errno
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from django.conf import settings
from django.core.files.base import ContentFile, File
from django.core.files.storage import FileSystemStorage, default_storage
from django.utils import timezone

from webapp.core import copies

PART = copies.PART  # how the names of files begin that are still being written
# The disk flushes in one go what is asked for at the same moment: 64 files in 64 folders took 179 ms one by one, 31 ms by 16 threads.
_writers = ThreadPoolExecutor(16, thread_name_prefix="store")


def is_folder() -> bool:
    """Whether files lie in a folder, so that each has a path; else in a bucket."""
    return isinstance(default_storage, FileSystemStorage)


def put(name: str, content: bytes) -> None:
    """Write a file so that it is whole or not there (temp file beside it, fsync, rename, fsync of the folder)."""
    if not is_folder():
        default_storage.save(name, ContentFile(content))
        copies.drop(name)
        return
    target = Path(default_storage.path(name))
    target.parent.mkdir(parents=True, exist_ok=True)
    with _whole(target) as out:
        out.write(content)
    sync(target.parent)


def put_many(files: list[tuple[str, bytes]]) -> None:
    """Write many files, each whole or not there. Together they cost a fraction of one `put` each: the disk flushes them in one go."""
    if not is_folder():
        list(_writers.map(put, *zip(*files, strict=True)))
        return
    targets = [Path(default_storage.path(name)) for name, _content in files]
    for folder in {target.parent for target in targets}:
        folder.mkdir(parents=True, exist_ok=True)
    parts: list[Path] = []
    try:
        for target, (_name, content) in zip(targets, files, strict=True):
            parts.append(_write_part(target.parent, content))
        list(_writers.map(sync, parts))
        for part, target in zip(parts, targets, strict=True):
            os.replace(part, target)
    except BaseException:
        for part in parts:
            part.unlink(missing_ok=True)
        raise
    list(_writers.map(sync, {target.parent for target in targets}))


def _write_part(folder: Path, content: bytes) -> Path:
    descriptor, part = tempfile.mkstemp(prefix=PART, dir=folder)
    with os.fdopen(descriptor, "wb") as out:
        out.write(content)
    os.chmod(part, 0o640)
    return Path(part)


def adopt(path: Path, name: str) -> None:
    """Take over a file of this machine: a rename where both lie on one disk, a copy otherwise. Whole or not there, and gone from where it was."""
    if not is_folder():
        with open(path, "rb") as content:
            default_storage.save(name, File(content))
        copies.drop(name)
        path.unlink()
        return
    target = Path(default_storage.path(name))
    target.parent.mkdir(parents=True, exist_ok=True)
    os.chmod(path, 0o640)
    try:
        os.rename(path, target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        _copy(path, target)
        path.unlink()
    sync(target)
    sync(target.parent)


def _copy(path: Path, target: Path) -> None:
    """Bring a file over from another disk, such as this machine's own to the folder that all share."""
    with open(path, "rb") as source, _whole(target) as out:
        shutil.copyfileobj(source, out, 2**20)


@contextmanager
def _whole(target: Path) -> Iterator[BinaryIO]:
    """A file to write into, which becomes the target when all of it is on the disk; nothing is left of it where that fails."""
    descriptor, part = tempfile.mkstemp(prefix=PART, dir=target.parent)
    try:
        with os.fdopen(descriptor, "wb") as out:
            yield out
            out.flush()
            os.fsync(out.fileno())
        os.chmod(part, 0o640)
        os.replace(part, target)
    except BaseException:
        Path(part).unlink(missing_ok=True)
        raise


def sync(path: Path) -> None:
    """Make the content of a file, or the renames in a folder, survive a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
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
    if not is_folder():
        copies.drop(name)


def delete_folder(name: str) -> None:
    """Delete a folder of the store with everything in it, or nothing when it is not there."""
    if is_folder():
        shutil.rmtree(default_storage.path(_folder(name)), ignore_errors=True)
        return
    default_storage.delete_below(_folder(name))
    shutil.rmtree(copies.root() / _folder(name), ignore_errors=True)


def walk(name: str) -> Iterator[str]:
    """The names of all files below a folder of the store; none when it is not there."""
    if not is_folder():
        yield from default_storage.below(_folder(name))
        return
    try:
        folders, files = default_storage.listdir(_folder(name))
    except FileNotFoundError:
        return
    yield from (f"{name}/{file}" for file in files)
    for folder in folders:
        yield from walk(f"{name}/{folder}")


def folders(name: str) -> list[str]:
    """The names, not paths, of the folders in a folder of the store."""
    try:
        return default_storage.listdir(_folder(name))[0]
    except FileNotFoundError:
        return []


def _folder(name: str) -> str:
    # An empty name, or one that climbs, would be the whole store or something outside it.
    if not name.strip("/") or ".." in name.split("/"):
        raise ValueError(f"not a folder of the store: {name!r}")
    return name.rstrip("/")


def age_seconds(name: str) -> float:
    """How long ago a file was written; raises FileNotFoundError."""
    return (timezone.now() - default_storage.get_modified_time(name)).total_seconds()


def delete_old(names: Iterable[str], older_than: float, check: Callable[[], None]) -> int:
    """Delete those of these files that are older than so many seconds; how many that were. `check` is called before each, and may raise to stop."""
    deleted = 0
    for name in names:
        check()
        if _is_older(name, older_than):  # asked just before: somebody may have written it again
            delete(name)
            deleted += 1
    return deleted


def _is_older(name: str, seconds: float) -> bool:
    try:
        return age_seconds(name) > seconds
    except FileNotFoundError:
        return False  # somebody was faster


def local_path(name: str) -> Path:
    """Where the file lies on this machine; a file of a bucket is fetched once, and kept as long as it is used. Raises FileNotFoundError for one that a bucket has not."""
    if is_folder():
        return Path(default_storage.path(name))
    copies.keep_swept(_below)
    return copies.path_of(name, default_storage.fetch)


def _below(folder: str) -> set[str]:
    return set(walk(folder))


def disk() -> Path:
    """The folder whose disk is asked for room: the store, which may be a disk of its own; the data folder where it is not there or is a bucket."""
    return settings.STORE if not settings.STORE_BUCKET and settings.STORE.is_dir() else settings.DATA


def free_bytes() -> int:
    """Bytes left on the disk of the store."""
    stat = os.statvfs(disk())
    return stat.f_bavail * stat.f_frsize
