"""Pascal VOC: an XML for each picture, and lists of their names in `ImageSets`. Of several classes the one with the largest area counts.

The XML is read piece by piece, and one with a document type is refused: that is where entities are declared that grow to gigabytes.
"""

from xml.parsers import expat

from webapp.ingest.formats.base import Directory, Plan, Row, largest, number, split_in, stem
from webapp.ingest.formats.documents import Unreadable, lines, text_at

MOST_XML_BYTES = 1_000_000
MOST_DEEP = 16
_CORNERS = ("xmin", "ymin", "xmax", "ymax")


class Annotation:
    """What one XML says: the name of the file, and the area of each class in it."""

    def __init__(self) -> None:
        self.file, self.areas = "", {}
        self._path: list[str] = []
        self._text: list[str] = []
        self._class, self._box = "", {}

    def read(self, content: bytes) -> None:
        """Read the XML of one picture; raises Unreadable."""
        parser = expat.ParserCreate()
        parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = self._start, self._end, self._text.append
        parser.StartDoctypeDeclHandler = self._refuse
        try:
            parser.Parse(content, True)
        except expat.ExpatError:
            raise Unreadable("broken_list") from None

    def _refuse(self, *_declared) -> None:
        raise Unreadable("unsafe_list")

    def _start(self, name: str, _attributes: dict) -> None:
        self._path.append(name.lower())
        self._text.clear()
        if self._path[0] != "annotation" or len(self._path) > MOST_DEEP:
            raise Unreadable("broken_list")

    def _end(self, _name: str) -> None:
        where, text = self._path[1:], "".join(self._text).strip()[:1000]
        self._text.clear()
        match where:
            case ["filename"]:
                self.file = text
            case ["object", "name"]:
                self._class = text
            case ["object", "bndbox", corner] if corner in _CORNERS:
                self._box[corner] = text
            case ["object"]:
                self._add()
        self._path.pop()

    def _add(self) -> None:
        if self._class:
            self.areas[self._class] = self.areas.get(self._class, 0.0) + self._area()
        self._class, self._box = "", {}

    def _area(self) -> float:
        try:
            left, top, right, bottom = (float(self._box.get(corner, 0)) for corner in _CORNERS)
        except ValueError:
            return 1e-6
        return number(right - left) * number(bottom - top) or 1e-6


def recognise(directory: Directory) -> Plan | None:
    """The pictures that have an XML."""
    files = directory.ending(".xml")
    if not files:
        return None
    plan, splits = Plan([]), _splits(directory) if files else {}
    for place in files:
        note = _annotation(directory, place)
        if note:
            plan.lists.add(place)
            plan.mixed += len(note.areas) > 1
            plan.rows.append(_row(directory, place, note, splits))
    if not plan.rows:
        return None
    plan.lists |= set(_image_sets(directory))
    return plan


def _annotation(directory: Directory, place: int) -> Annotation | None:
    content = directory.read(place)
    if not content:
        return None
    note = Annotation()
    try:
        if len(content) > MOST_XML_BYTES:
            raise Unreadable("list_too_big")
        note.read(content)
    except Unreadable as unreadable:
        directory.problems[place] = unreadable.reason
        return None
    return note


def _row(directory: Directory, place: int, note: Annotation, splits: dict[str, str]) -> Row:
    name = directory.files[place].path
    key = stem(name.lower())
    split = splits.get(key) or (split_in(directory.folder(place)) if not splits else "")
    row = directory.row(note.file or key, largest(note.areas), split, directory.folder(place))
    if row.reason or row.url:  # programs that copy files forget to rename them inside
        row = directory.row(key, row.label, split, directory.folder(place))
    if not row.label and not row.reason:
        row.reason = "no_class"
    return row


def _image_sets(directory: Directory) -> list[int]:
    return [place for place in directory.ending(".txt") if "imagesets/" in directory.files[place].path.lower()]


def _splits(directory: Directory) -> dict[str, str]:
    """The split of each picture, by its name without ending, from `ImageSets/Main/train.txt` and its like."""
    splits: dict[str, str] = {}
    for place in _image_sets(directory):
        split = split_in(stem(directory.files[place].path))
        for line in lines(text_at(directory, place)) if split else ():
            if words := line.split(None, 1):
                splits[words[0].lower()] = split
    return splits
