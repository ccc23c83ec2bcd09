"""A ZIP that somebody sent: checked as a whole before anything is unpacked, then read entry by entry into memory, never into files.

No size that the archive declares is believed: an entry that gives more or fewer bytes, or others than its checksum says, is damaged.
"""

import stat
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from webapp.images.guard import MAX_BYTES, Refused
from webapp.ingest.directory import ArchiveError, Record, data_start, read_directory
from webapp.ingest.names import entry_name, is_junk, is_unsafe, shown

MAX_PACKED_BYTES = 1_000_000_000
MAX_UNPACKED_BYTES = 4_000_000_000
BOMB_FROM_BYTES, BOMB_RATIO = 64 * 1024 * 1024, 50  # over the whole archive; photos hardly pack at all
ENTRY_RATIO = 200
STORED, DEFLATED = 0, 8
_ENCRYPTED = 0x1 | 0x40 | 0x2000  # by the old way, the strong way, or with its directory hidden


@dataclass(slots=True)
class Entry:
    """A file in an archive. `reason` says why it is refused without being read, if it is."""

    path: str  # its name with folders
    name: str  # the same as pages may show it
    record: Record
    start: int
    reason: str


class Archive:
    """The files of a ZIP that are not junk, in the order of its directory."""

    def __init__(self, file: BinaryIO):
        self._file = file
        records = [record for record in read_directory(file) if not _is_folder(record)]
        names = [entry_name(record) for record in records]
        kept = [(record, name) for record, name in zip(records, names, strict=True) if not is_junk(name)]
        if kept and all(record.flags & _ENCRYPTED for record, _name in kept):
            raise ArchiveError("encrypted_zip")
        starts = {id(record): _start(file, record) for record in records}
        _check_overlap(records, starts)
        _check_sizes(records)
        self.entries = [Entry(name, shown(name), record, starts[id(record)], _reason(record, name, starts[id(record)])) for record, name in kept]

    def read(self, entry: Entry) -> bytes:
        """The content of an entry; raises Refused."""
        if entry.reason:
            raise Refused(entry.reason)
        self._file.seek(entry.start)
        content = self._file.read(entry.record.packed)
        if len(content) < entry.record.packed:
            raise Refused("damaged_entry")
        if entry.record.method == DEFLATED:
            content = _inflate(content, entry.record.size)
        if len(content) != entry.record.size or zlib.crc32(content) != entry.record.crc:
            raise Refused("damaged_entry")
        return content


@contextmanager
def opened(path: Path) -> Iterator[Archive]:
    """The archive in a file. Raises ArchiveError."""
    with open(path, "rb") as file:
        yield Archive(file)


def _is_folder(record: Record) -> bool:
    return record.name.endswith((b"/", b"\\")) and not record.size or stat.S_ISDIR(record.mode)


def _start(file: BinaryIO, record: Record) -> int:
    """Where the bytes of an entry begin, or 0 when that cannot be told."""
    try:
        return data_start(file, record)
    except ValueError:
        return 0


def _check_overlap(records: list[Record], starts: dict[int, int]) -> None:
    """Refuse entries that lie over each other: the trick by which 10 kB become gigabytes (CVE-2024-0450)."""
    end = 0
    for record in sorted(records, key=lambda record: record.offset):
        if record.offset < end:
            raise ArchiveError("zip_bomb")
        end = (starts[id(record)] or record.offset + 30) + record.packed


def _check_sizes(records: list[Record]) -> None:
    packed, size = sum(record.packed for record in records), sum(record.size for record in records)
    if size > MAX_UNPACKED_BYTES:
        raise ArchiveError("unpacked_too_big")
    if size > BOMB_FROM_BYTES and size > BOMB_RATIO * packed:
        raise ArchiveError("zip_bomb")


def _reason(record: Record, name: str, start: int) -> str:
    """Why an entry is refused by what its directory line says, or ""."""
    if is_unsafe(name):
        return "unsafe_name"
    if record.flags & _ENCRYPTED:
        return "encrypted_entry"
    if stat.S_IFMT(record.mode) not in (0, stat.S_IFREG):
        return "not_a_file"
    if record.method not in (STORED, DEFLATED):
        return "unknown_packing"
    if record.size > MAX_BYTES:
        return "file_too_big"
    if record.size > ENTRY_RATIO * max(1, record.packed):
        return "packed_too_much"
    if not start or record.packed > record.size + record.size // 100 + 1000 or record.method == STORED and record.packed != record.size:
        return "damaged_entry"
    return ""


def _inflate(content: bytes, size: int) -> bytes:
    """Unpack to `size` bytes and not one more than is needed to see that there are more."""
    unpacker = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        unpacked = unpacker.decompress(content, size + 1)
    except zlib.error:
        raise Refused("damaged_entry") from None
    if len(unpacked) <= size and not unpacker.eof:
        raise Refused("damaged_entry")
    return unpacked
