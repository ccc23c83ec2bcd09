"""Names inside the ZIP: folders that every computer can unpack and that come in again as the same labels."""

import re
from collections.abc import Iterable

from webapp.images.models import Image
from webapp.projects.models import Label, name_key

_FORBIDDEN = re.compile(r'[\\/:*?"<>|]')  # to Windows, and the two that separate folders
_RESERVED = {"con", "prn", "aux", "nul", *(f"{port}{number}" for port in ("com", "lpt") for number in range(1, 10))}
_JUNK = {"__macosx", "@eadir"}  # what imports, ours too, take for folders of the operating system
LONGEST = 200  # bytes of a folder; file systems allow 255


def folders(labels: Iterable[Label]) -> dict:
    """The folder of each label by its id: its name where that can be one, else the nearest that can, each once whatever the case of letters."""
    found, taken = {}, set()
    for label in labels:
        name = base = folder(label.name)
        number = 2
        while name_key(name) in taken:
            name, number = f"{base} ({number})", number + 1
        taken.add(name_key(name))
        found[label.id] = name
    return found


def folder(name: str) -> str:
    """A name that may be a folder on Windows, macOS and Linux."""
    name = _FORBIDDEN.sub("_", name).encode()[:LONGEST].decode(errors="ignore").rstrip(". ")
    if name.startswith((".", "~")) or name.lower() in _JUNK or name.split(".")[0].strip().lower() in _RESERVED:
        name = f"_{name}"
    return name or "_"


def file_name(image: Image) -> str:
    """The same in every export, and no other picture's: half of the hash of its bytes."""
    return f"{image.sha256[:32]}.jpg"
