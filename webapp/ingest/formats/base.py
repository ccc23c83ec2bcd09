"""What the formats of labelled pictures have in common: the files that somebody sent, and a plan of what each of them shows.

A format is a module with `recognise(directory) -> Plan | None`: None when this is not its format. It reads what people wrote by hand or other
programs exported, so nothing in it may be believed: values have any type, names lead anywhere, lists are huge.
"""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol
from urllib.parse import unquote

from webapp.images.guard import ENDINGS, MAX_BYTES, Refused
from webapp.ingest.layout import SPLITS

MOST_ROWS = 100_000
MOST_READ = 100_000_000  # bytes of lists in one upload
NO_LABEL = ("no_class", "several_classes")  # reasons that do not count where one label was chosen for all
WEB = ("http://", "https://")
_UPLOADED = re.compile(r"^[0-9a-f]{8}-")  # what Label Studio puts before the name of a file that it was given
_ADDRESS = re.compile(r"\w+://[^/?#]*(?P<path>[^?#]*)")
_WORD = re.compile(r"[a-z]+")


class File(Protocol):
    """A file that was sent. `reason` says why it is refused unread, if it is."""

    path: str  # its name with folders
    name: str  # the same as pages may show it
    reason: str


@dataclass(slots=True)
class Row:
    """What is said about one picture. It is a file, or at an address, or in `data` as a data URL, or refused for a `reason`."""

    name: str  # as the report calls it
    label: str = ""
    split: str = ""
    place: int | None = None  # of the file in the directory
    url: str = ""
    data: str = ""
    reason: str = ""
    facts: dict = field(default_factory=dict)  # further columns of the image
    seal: str = ""  # says that the file is a picture of ours: images.seals


@dataclass
class Plan:
    """All pictures that a format found, the files that it found them in, and how many of them show several things."""

    rows: list[Row]
    lists: set[int] = field(default_factory=set)
    mixed: int = 0


class Directory:
    """The files of an upload by their names with folders. `problems` are the lists that could not be read: name and reason."""

    def __init__(self, files: Sequence[File], read: Callable[[File], bytes]):
        self.files, self._read = files, read
        self.problems: dict[int, str] = {}
        self._sizes: dict[int, int] = {}

    def ending(self, *ends: str) -> list[int]:
        """The places of the files whose names end like this."""
        return [place for place, file in enumerate(self.files) if not file.reason and file.path.lower().endswith(ends)]

    @cached_property
    def pictures(self) -> list[int]:
        """The places of what looks like a picture by its name."""
        return self.ending(*ENDINGS)

    def read(self, place: int) -> bytes:
        """The content of a list; b"" when it cannot be read, and the problem is noted."""
        if place in self.problems:
            return b""
        try:
            content = self._read(self.files[place])
        except Refused as refused:
            self.problems[place] = refused.reason
            return b""
        self._sizes[place] = len(content)
        if len(content) > MAX_BYTES or sum(self._sizes.values()) > MOST_READ:
            self.problems[place] = "list_too_big"
            return b""
        return content

    def folder(self, place: int) -> str:
        """The folder of a file, with a slash behind it, or ""."""
        head, slash, _file = self.files[place].path.rpartition("/")
        return head + slash

    def find(self, said: str, folder: str = "") -> int | None:
        """The place of the file that a list in `folder` means; None when there is none, or several that fit as well."""
        path = plain(said)
        for name in dict.fromkeys((last(path), last(path.partition("?d=")[2]), _UPLOADED.sub("", last(path)))):
            found = self._named.get(name) or self._stems.get(name)
            if name and found:
                return self._best(found, path, plain(folder))
        return None

    def _best(self, found: list[int], path: str, folder: str) -> int | None:
        fit = [max(shared_end(self._plain[place], path), shared_end(self._plain[place], folder + path)) for place in found]
        most = max(fit)
        return found[fit.index(most)] if fit.count(most) == 1 else None

    @cached_property
    def _plain(self) -> list[str]:
        return [plain(file.path) for file in self.files]

    @cached_property
    def _named(self) -> dict[str, list[int]]:
        return self._index(last)

    @cached_property
    def _stems(self) -> dict[str, list[int]]:
        return self._index(stem)

    def _index(self, key: Callable[[str], str]) -> dict[str, list[int]]:
        index: dict[str, list[int]] = defaultdict(list)
        for place in self.pictures:
            index[key(self._plain[place])].append(place)
        return index

    def row(self, said: str, label: str, split: str, folder: str = "") -> Row:
        """The picture that a list calls `said`: an address, a data URL or the name of a file."""
        said = said.strip()
        if said.startswith("data:"):
            return Row("data:", label, split, data=said)
        place = self.find(said, folder)
        if place is not None:
            return Row(self.files[place].name, label, split, place)
        if said.lower().startswith(WEB):
            return Row(said, label, split, url=said)
        return Row(said, label, split, reason="picture_not_there")


def once(plan: Plan) -> Plan:
    """The plan with one row for each picture: of several labels (a line for each thing that it shows) the most frequent counts."""
    together: dict[object, list[Row]] = defaultdict(list)
    for row in plan.rows:
        together[row.url or row.data or (row.name if row.place is None else row.place)].append(row)
    plan.rows = [rows[0] for rows in together.values()]
    for rows in together.values():
        labels = Counter(row.label for row in rows if row.label)
        rows[0].label = max(labels, key=labels.get, default="")
        rows[0].reason = "" if rows[0].label and rows[0].reason in NO_LABEL else rows[0].reason
        plan.mixed += len(labels) > 1
    return plan


def plain(name: str) -> str:
    """A path as it is compared: NFC, lower case, slashes, without %20 and such, and of an address without its server."""
    return unicodedata.normalize("NFC", unquote(path_in(name) if name.lower().startswith(WEB) else name)).replace("\\", "/").lower().removeprefix("./")


def path_in(address: str) -> str:
    """The path of any address, also of a broken one."""
    found = _ADDRESS.match(address)
    return found["path"] if found else address


def last(path: str) -> str:
    return path.rpartition("/")[2]


def stem(path: str) -> str:
    """The last part of a path without its ending."""
    file = last(path)
    return file.rpartition(".")[0] or file


def shared_end(one: str, other: str) -> int:
    """How many parts of two paths are the same, counted from their ends."""
    count = 0
    for left, right in zip(reversed(one.split("/")), reversed(other.split("/")), strict=False):
        if left != right:
            break
        count += 1
    return count


def split_of(value: str) -> str:
    """train or val, as somebody wrote it; "" for anything else."""
    return SPLITS.get(value.strip().lower(), "")


def split_in(path: str) -> str:
    """The split in the name of a list or of its folders: `instances_train2017.json`, `valid/_annotations.json`."""
    words = _WORD.findall(path.lower())
    return next((SPLITS[word] for word in reversed(words) if word in SPLITS), "")


def text_of(value: object) -> str:
    """A label or a name as text: numbers count, lists and such do not."""
    return value.strip() if isinstance(value, str) else str(value) if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 1 << 63 else ""


def number(value: object) -> float:
    """A length or an area; 0 for what is none."""
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < 1e12 else 0.0


def largest(areas: dict[str, float]) -> str:
    """The class with the largest area, the first of equal ones; "" when there is none."""
    return max(areas, key=areas.get, default="")
