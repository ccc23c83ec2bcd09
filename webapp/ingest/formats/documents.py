"""Lists as bytes, to text and to what JSON says; both bounded by what they would take in memory, which is looked at before they are read."""

import json
import re
import sys
from collections.abc import Iterator

from webapp.ingest.formats.base import Directory

MOST_BYTES = 100_000_000  # of memory that one document may need
MOST_TEXT_BYTES = 50_000_000  # in memory, where one wide letter makes every letter four bytes long
_PART_BYTES = 80  # what a value of a document needs, on average of the worst that could be made
_OUTLINES = re.compile(r'("segmentation"\s*:\s*)\[[\[\]\d\s.,eE+-]*\]')  # of COCO: most of the file, and not needed


class Unreadable(ValueError):
    """A list that is broken, or too large; `reason` is a key of `webapp.ingest.reasons.SENTENCES`."""

    def __init__(self, reason: str):
        super().__init__(reason)
        self.reason = reason


def text_at(directory: Directory, place: int) -> str:
    """The text of a file of a directory; "" when it cannot be read, and the problem is noted."""
    text = decoded(directory.read(place))
    if sys.getsizeof(text) > MOST_TEXT_BYTES:
        directory.problems.setdefault(place, "list_too_big")
        return ""
    return text


def lines(text: str) -> Iterator[str]:
    """The lines of a text with their ends, one by one: a list of all, or a file of them, would be a second copy."""
    start = 0
    while start < len(text):
        end = text.find("\n", start) + 1 or len(text)
        yield text[start:end]
        start = end


def decoded(content: bytes) -> str:
    """The text of a list in UTF-8 or UTF-16 (with a mark at its start), else in Shift_JIS, else in the Western European code page."""
    for encoding in ("utf-16",) if content.startswith((b"\xff\xfe", b"\xfe\xff")) else ("utf-8-sig", "cp932"):
        try:
            text = content.decode(encoding)
            return text if "\n" in text else text.replace("\r", "\n")
        except UnicodeDecodeError:
            continue
    return content.decode("cp1252", "replace")


def check_size(text: str, marks: str) -> None:
    """Raise Unreadable for a text with so many parts, which each of the `marks` begins or ends, that they would fill the memory."""
    if sys.getsizeof(text) + _PART_BYTES * sum(map(text.count, marks)) > MOST_BYTES:
        raise Unreadable("list_too_big")


def parsed(text: str) -> object:
    """What a JSON text says. Raises Unreadable."""
    if '"segmentation"' in text:
        text = _OUTLINES.sub(r"\1[]", text)
    check_size(text, ",:[{")
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise Unreadable("broken_list") from None


def document(directory: Directory, place: int) -> object:
    """What a JSON file of a directory says; None when it cannot be read, and the problem is noted."""
    text = text_at(directory, place)
    try:
        return parsed(text) if text else None
    except Unreadable as unreadable:
        directory.problems.setdefault(place, unreadable.reason)
        return None


def listed(value: object) -> list[dict]:
    """The objects in what should be a list of them."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
