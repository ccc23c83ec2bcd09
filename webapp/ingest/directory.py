"""Reads the directory at the end of a ZIP, and nothing of its contents.

Not `zipfile`: that builds its whole list before any limit can be looked at (a million empty entries: 394 MB and 4 s), takes entries that lie over
each other in some Python versions, and gives up the archive for one bad name. Layout: APPNOTE.TXT 6.3.10, sections 4.3.12 to 4.3.16 and 4.5.
"""

import struct
from dataclasses import dataclass
from typing import BinaryIO

END, END64, LOCATOR64, ENTRY, LOCAL = b"PK\x05\x06", b"PK\x06\x06", b"PK\x06\x07", b"PK\x01\x02", b"PK\x03\x04"
_END = struct.Struct("<4s4H2LH")
_END64 = struct.Struct("<4sQ2H2L4Q")
_LOCATOR64 = struct.Struct("<4sLQL")
_ENTRY = struct.Struct("<4s6H3L5H2L")
_LOCAL = struct.Struct("<4s5H3L2H")
_LONGEST_COMMENT = 65_535
_FULL16, _FULL32 = 0xFFFF, 0xFFFFFFFF
MAX_ENTRIES = 10_000
MAX_DIRECTORY_BYTES = 16_000_000


class ArchiveError(Exception):
    """The whole archive is refused; `reason` is a key of `webapp.ingest.reasons.SENTENCES`."""

    def __init__(self, reason: str):
        super().__init__(reason)
        self.reason = reason


@dataclass(slots=True)
class Record:
    """One line of the directory, as it stands there. `packed` and `size` are bytes, `offset` that of its local header."""

    name: bytes
    extra: dict[int, bytes]
    flags: int
    method: int
    crc: int
    packed: int
    size: int
    offset: int
    mode: int  # Unix file mode, 0 where there is none


def read_directory(file: BinaryIO) -> list[Record]:
    """All lines of the directory; raises ArchiveError for one that is damaged, too long or spread over several files."""
    file.seek(0, 2)
    length = file.tell()
    file.seek(0)
    if file.read(4) not in (LOCAL, END):
        raise ArchiveError("not_a_zip")
    start, size, count = _find(file, length)
    if count > MAX_ENTRIES:
        raise ArchiveError("too_many_files")
    if size > MAX_DIRECTORY_BYTES:
        raise ArchiveError("damaged_zip")
    file.seek(start)
    try:
        return _records(file.read(size), start)
    except struct.error:
        raise ArchiveError("damaged_zip") from None


def _find(file: BinaryIO, length: int) -> tuple[int, int, int]:
    """Where the directory starts, how many bytes it has, and how many entries it says it has."""
    tail_start = max(0, length - _END.size - _LONGEST_COMMENT)
    file.seek(tail_start)
    tail = file.read()
    place = tail.rfind(END)
    if place < 0 or len(tail) - place < _END.size:
        raise ArchiveError("damaged_zip")
    _sign, disk, first_disk, _here, count, size, start, comment = _END.unpack_from(tail, place)
    end = tail_start + place
    if end + _END.size + comment != length:  # something hangs on after the end, or is missing
        raise ArchiveError("damaged_zip")
    if _FULL16 in (count, disk) or _FULL32 in (size, start):
        end, disk, first_disk, count, size, start = _find64(file, end)
    if disk or first_disk:
        raise ArchiveError("split_zip")
    if start + size != end:
        raise ArchiveError("damaged_zip")
    return start, size, count


def _find64(file: BinaryIO, end: int) -> tuple[int, int, int, int, int, int]:
    file.seek(max(0, end - _LOCATOR64.size))
    sign, _disk, end64, _disks = _LOCATOR64.unpack(_whole(file, _LOCATOR64.size))
    if sign != LOCATOR64 or end64 > end:
        raise ArchiveError("damaged_zip")
    file.seek(end64)
    sign, _length, _made, _needed, disk, first_disk, _here, count, size, start = _END64.unpack(_whole(file, _END64.size))
    if sign != END64:
        raise ArchiveError("damaged_zip")
    return end64, disk, first_disk, count, size, start


def _whole(file: BinaryIO, length: int) -> bytes:
    content = file.read(length)
    if len(content) < length:
        raise ArchiveError("damaged_zip")
    return content


def _records(directory: bytes, start: int) -> list[Record]:
    records, place = [], 0
    while place < len(directory):
        if len(records) == MAX_ENTRIES:
            raise ArchiveError("too_many_files")
        record, place = _record(directory, place)
        if record.offset + _LOCAL.size > start:
            raise ArchiveError("damaged_zip")
        records.append(record)
    return records


def _record(directory: bytes, place: int) -> tuple[Record, int]:
    (sign, _made, _needed, flags, method, _time, _date, crc, packed, size, name, extra, comment, disk, _inner, outer, offset) = _ENTRY.unpack_from(directory, place)
    if sign != ENTRY:
        raise ArchiveError("damaged_zip")
    at = place + _ENTRY.size
    fields = _extra(directory[at + name : at + name + extra])
    if _FULL32 in (packed, size, offset):
        size, packed, offset = _large(fields.get(1, b""), size, packed, offset)
    if disk not in (0, _FULL16):
        raise ArchiveError("split_zip")
    record = Record(directory[at : at + name], fields, flags, method, crc, packed, size, offset, outer >> 16)
    return record, at + name + extra + comment


def _extra(content: bytes) -> dict[int, bytes]:
    fields, place = {}, 0
    while place + 4 <= len(content):
        tag, length = struct.unpack_from("<HH", content, place)
        fields[tag] = content[place + 4 : place + 4 + length]
        place += 4 + length
    return fields


def _large(field: bytes, *values: int) -> list[int]:
    """The values with those that are full replaced, in order, by the 64-bit numbers of the ZIP64 field."""
    numbers = iter(struct.unpack_from(f"<{len(field) // 8}Q", field))
    return [next(numbers, value) if value == _FULL32 else value for value in values]


def data_start(file: BinaryIO, record: Record) -> int:
    """Where the packed bytes of an entry begin; raises ValueError when its local header is not there."""
    file.seek(record.offset)
    header = file.read(_LOCAL.size)
    if len(header) < _LOCAL.size or header[:4] != LOCAL:
        raise ValueError("no local header")
    *_rest, name, extra = _LOCAL.unpack(header)
    return record.offset + _LOCAL.size + name + extra
