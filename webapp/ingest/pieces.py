"""Where files are in a bucket, every piece of a big file goes there as it comes, so that any web machine can go on where another was.

The bucket is the truth then: the part that a machine has is made anew of what is there. Of pieces that begin at the same place, which one sender made by
sending again, the longest counts; all hold the same bytes.
"""

import os
from typing import BinaryIO
from uuid import UUID

from webapp.core import store

LARGEST = 16 * 2**20  # bytes of one object, so that no piece lies in memory whole


def travel() -> bool:
    """Whether pieces go to a bucket; where the store is a folder, the part itself lies where all machines see it (`parts.root`)."""
    return not store.is_folder()


def folder(key: UUID) -> str:
    return f"pieces/{key}"


def chain(key: UUID) -> list[tuple[int, int]]:
    """What of a file is in the bucket, as (start, end) of pieces that follow one another."""
    longest: dict[int, int] = {}
    for name in store.walk(folder(key)):
        start, end = (int(number) for number in name.rsplit("/", 1)[1].split("-"))
        longest[start] = max(end, longest.get(start, 0))
    found: list[tuple[int, int]] = []
    while (start := found[-1][1] if found else 0) in longest:
        found.append((start, longest[start]))
    return found


def length(key: UUID) -> int:
    """How many bytes of a file are in the bucket."""
    found = chain(key)
    return found[-1][1] if found else 0


def catch_up(key: UUID, file: BinaryIO) -> None:
    """Bring this machine's part to just what is in the bucket; leaves it at its end."""
    here, found = file.seek(0, os.SEEK_END), chain(key)
    for start, end in found:
        if end > here:
            file.seek(start)
            file.write(store.get(name(key, start, end)))
    file.truncate(found[-1][1] if found else 0)
    file.seek(0, os.SEEK_END)


def keep(key: UUID, file: BinaryIO, start: int, end: int) -> None:
    """Put what has come into the bucket."""
    for begin in range(start, end, LARGEST):
        stop = min(begin + LARGEST, end)
        file.seek(begin)
        store.put(name(key, begin, stop), file.read(stop - begin))
    file.seek(0, os.SEEK_END)


def name(key: UUID, start: int, end: int) -> str:
    return f"{folder(key)}/{start}-{end}"


def forget(key: UUID) -> None:
    """Delete the pieces of a file that is whole, or that nobody wants any more."""
    store.delete_folder(folder(key))
