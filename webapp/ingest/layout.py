"""Which label and which split the files of an archive belong to, by its folders.

    cats/1.jpg dogs/2.jpg                    the folder is the label
    animals/cats/1.jpg animals/dogs/2.jpg    folders that all files share say nothing, unless they are the last
    train/cats/1.jpg val/cats/2.jpg          folders named like splits, over or under the label, say the split
    cats/train/1.jpg cats/val/2.jpg
    cats/near/1.jpg cats/far/2.jpg dogs/...  further folders say nothing
"""

from collections.abc import Iterable

SPLITS = {"train": "train", "training": "train", "val": "val", "valid": "val", "validation": "val", "test": "val", "testing": "val", "dev": "val"}
Folders = tuple[str, ...]


def places(files: Iterable[Folders], chosen: bool = False) -> dict[Folders, tuple[str, str]]:
    """For each combination of folders the name of its label, "" when it has none, and its split, "" when none is given.

    `chosen` says that the label was chosen already, so that no folder needs to be left for it.
    """
    counts: dict[Folders, int] = {}
    for folders in files:
        counts[folders] = counts.get(folders, 0) + 1
    level = _split_level(counts, chosen)
    rest = {folders: _without(folders, level) for folders in counts}
    depth = _shared_depth({rest[folders]: counts[folders] for folders in counts})
    return {folders: (_label(rest[folders], depth), _split(folders, level)) for folders in counts}


def _split_level(counts: dict[Folders, int], chosen: bool) -> int | None:
    """The depth at which folders are called train, val and so on, both sides being there, if there is one."""
    for level in range(max(map(len, counts), default=0)):
        having = {folders: count for folders, count in counts.items() if len(folders) > level}
        sides = {SPLITS.get(folders[level].lower()) for folders in having}
        most = 2 * sum(having.values()) > sum(counts.values())
        if sides == {"train", "val"} and most and (chosen or _most_have_another(having)):
            return level
    return None


def _most_have_another(having: dict[Folders, int]) -> bool:
    return 2 * sum(count for folders, count in having.items() if len(folders) > 1) > sum(having.values())


def _without(folders: Folders, level: int | None) -> Folders:
    return folders if level is None else folders[:level] + folders[level + 1 :]


def _split(folders: Folders, level: int | None) -> str:
    return SPLITS[folders[level].lower()] if level is not None and len(folders) > level else ""


def _shared_depth(counts: dict[Folders, int]) -> int:
    """How many folders from the top most files share and have further folders below."""
    depth = 0
    while True:
        below = [folders[: depth + 2] for folders in counts if len(folders) > depth + 1]
        deep = sum(count for folders, count in counts.items() if len(folders) > depth + 1)
        tops = {folders[: depth + 1] for folders in counts if len(folders) > depth}
        if len(tops) != 1 or not below or 2 * deep < sum(counts.values()):
            return depth
        depth += 1


def _label(folders: Folders, depth: int) -> str:
    return folders[depth] if len(folders) > depth else ""
