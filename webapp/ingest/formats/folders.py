"""Folders are labels, with or without train and val over or under them: `label/`, `split/label/`, `label/split/`."""

from webapp.ingest.formats.base import Directory, Plan, Row
from webapp.ingest.layout import places


def recognise(directory: Directory) -> Plan:
    """Every file, with what its folders say."""
    # Those of pictures say what is a label, so that folders of notes beside them do not count.
    telling = directory.pictures or [place for place, file in enumerate(directory.files) if file.reason != "unsafe_name"]
    where = places(folders(directory.files[place].path) for place in telling)
    rows = []
    for place, file in enumerate(directory.files):
        label, split = where.get(folders(file.path), ("", ""))
        rows.append(Row(file.name, label, split, place))
    return Plan(rows)


def splits_alone(directory: Directory) -> Plan:
    """Every file, with the split that its folders say; its label was chosen already."""
    where = places((folders(directory.files[place].path) for place in directory.pictures), chosen=True)
    return Plan([Row(file.name, "", where.get(folders(file.path), ("", ""))[1], place) for place, file in enumerate(directory.files)])


def labels(directory: Directory) -> set[str]:
    """The labels that the folders of pictures say."""
    return {label for label, _split in places(folders(directory.files[place].path) for place in directory.pictures).values() if label}


def folders(name: str) -> tuple[str, ...]:
    return tuple(part for part in name.split("/")[:-1] if part not in ("", "."))
