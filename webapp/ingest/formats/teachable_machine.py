"""Image projects of Teachable Machine, `.tm`: a ZIP with `manifest.json` and the samples of each class, named `<class>-!-<number>.jpg`."""

from webapp.ingest.formats.base import Directory, Plan, Row
from webapp.ingest.formats.documents import document

MARK = "-!-"
MANIFEST = "manifest.json"


def recognise(directory: Directory) -> Plan | None:
    """The samples, labelled by their classes; also when the manifest, which only says how it was trained, is damaged."""
    manifests = [place for place in directory.ending(MANIFEST) if directory.files[place].path.rpartition("/")[2].lower() == MANIFEST]
    samples = [place for place in directory.pictures if MARK in directory.files[place].path]
    if not manifests or not samples:
        return None
    folder = directory.folder(manifests[0])
    document(directory, manifests[0])  # to say so when it is damaged
    return Plan([_row(directory, place, folder) for place in samples], set(manifests))


def _row(directory: Directory, place: int, folder: str) -> Row:
    file = directory.files[place]
    return Row(file.name, file.path.removeprefix(folder).rpartition(MARK)[0], place=place)
