"""Names inside archives: from bytes of many programs and countries to text, and what to make of it."""

import struct
import unicodedata
import zlib

from webapp.ingest.directory import Record
from webapp.projects.names import UNWANTED

_UTF8_FLAG = 0x800
_UNICODE_PATH = 0x7075
_JUNK_FOLDERS = ("__MACOSX", ".Trashes", ".Spotlight-V100", ".git", "@eaDir")
_JUNK_FILES = (".ds_store", "thumbs.db", "desktop.ini", "ehthumbs.db")
LONGEST = 255


def entry_name(record: Record) -> str:
    """The name of an entry as text, NFC, with / between folders.

    By the UTF-8 flag, else the Unicode path field (0x7075) when it belongs to this name, else UTF-8 (macOS and Info-ZIP write it without the flag),
    else Shift_JIS as Japanese Windows writes it, else the code page of ZIP, 437.
    """
    return unicodedata.normalize("NFC", _decode(record)).replace("\\", "/")


def _decode(record: Record) -> str:
    name = _unicode_path(record)
    encodings = ("utf-8", "cp437") if record.flags & _UTF8_FLAG else ("utf-8", "cp932", "cp437")
    for encoding in encodings:
        try:
            return name.decode(encoding)
        except UnicodeDecodeError:
            continue
    return name.decode("cp437", "replace")


def _unicode_path(record: Record) -> bytes:
    """The name of the Unicode path field, where it was made for the name that stands in the directory; otherwise that one."""
    field = record.extra.get(_UNICODE_PATH, b"")
    if len(field) < 6 or field[0] != 1 or struct.unpack_from("<L", field, 1)[0] != zlib.crc32(record.name):
        return record.name
    return field[5:]


def is_junk(name: str) -> bool:
    """Whether computers, not people, put this file there."""
    *folders, file = name.split("/")
    return any(folder in _JUNK_FOLDERS for folder in folders) or file.startswith("._") or file.lower() in _JUNK_FILES


def is_unsafe(name: str) -> bool:
    """Whether a name tries to lead out of the archive. (We make all our file names ourselves; such a file is still not to be trusted.)"""
    return name.startswith("/") or name[1:3] == ":/" or "\0" in name or ".." in name.split("/")


def shown(name: str) -> str:
    """A name as pages may show it: without control characters, not too long."""
    plain = UNWANTED.sub("", name)
    return plain if len(plain) <= LONGEST else "…" + plain[1 - LONGEST :]
