"""The data contract of a run: which picture has which label, and whether it teaches or tests."""

import io
import json
import random
from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import numpy as np

from trainer.files import write_atomic
from trainer.sentences import Refusal, _

MIN_LABELS = 2
MIN_PICTURES = 5


class ManifestError(Refusal):
    """The pictures are not enough, or not fit, to train on; the message is a sentence for a person."""


@dataclass
class Row:
    """One picture: its file, its label, `split` train or val, and its stored vector (1,280 numbers) where there is one."""

    path: str
    label: str
    split: str
    group: str | None = None
    key: str | None = None
    vector: np.ndarray | None = field(default=None, repr=False, compare=False)


@dataclass
class Manifest:
    """All rows of a run; the order of `labels` is the order of the network's outputs."""

    labels: list[str]
    rows: list[Row]

    def __post_init__(self) -> None:
        unknown = {row.label for row in self.rows} - set(self.labels)
        if unknown:
            raise ManifestError(_("These labels of pictures are not in the list of labels: %(labels)s."), labels=", ".join(sorted(unknown)))
        splits = {row.split for row in self.rows} - {"train", "val"}
        if splits:
            raise ManifestError(_("A picture's split must be train or val, not %(splits)s."), splits=", ".join(sorted(map(str, splits))))

    @property
    def train(self) -> list[Row]:
        return [row for row in self.rows if row.split == "train"]

    @property
    def val(self) -> list[Row]:
        return [row for row in self.rows if row.split == "val"]

    def save(self, path: str | Path) -> None:
        """Write a JSON file and, beside it, the vectors as float16 in a .npy file; both atomically."""
        path = Path(path)
        with_vector = [row for row in self.rows if row.vector is not None]
        if with_vector:
            write_atomic(_vectors_path(path), _npy(np.stack([row.vector for row in with_vector]).astype(np.float16)))
        place = {id(row): index for index, row in enumerate(with_vector)}
        rows = [[row.path, row.label, row.split, row.group, row.key, place.get(id(row))] for row in self.rows]
        text = json.dumps({"format": 1, "labels": self.labels, "rows": rows}, ensure_ascii=False)
        write_atomic(path, text.encode())

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read what `save` wrote. Raises ManifestError where it is not that."""
        path = Path(path)
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
            vectors = _vectors(path) if any(row[5] is not None for row in data["rows"]) else None
            rows = [Row(*row[:5], None if row[5] is None else vectors[row[5]]) for row in data["rows"]]
        except (OSError, ValueError, KeyError, IndexError, TypeError) as error:
            raise ManifestError(_("The list of pictures %(name)s could not be read: %(error)s."), name=path.name, error=error) from error
        return cls(data["labels"], rows)


def check(counts: Mapping[str, int]) -> None:
    """Raise ManifestError, with a sentence, unless there are at least 2 labels with at least 5 pictures each."""
    if len(counts) < MIN_LABELS:
        text = _("Training needs at least %(needed)d labels; the number of them is %(count)d. Add another label with pictures of it.")
        raise ManifestError(text, needed=MIN_LABELS, count=len(counts))
    few = [f"“{label}” ({count})" for label, count in counts.items() if count < MIN_PICTURES]
    if few:
        shown = ", ".join(few[:5]) + (", …" if len(few) > 5 else "")
        raise ManifestError(_("Every label needs at least %(needed)d pictures: %(labels)s. Add pictures, or remove the label."), needed=MIN_PICTURES, labels=shown)


def split_rows(labels_of_items: Sequence[str], seed: int, val_share: float = 0.1, groups: Sequence[Hashable] | None = None) -> list[str]:
    """For each item's label, `train` or `val`: the same for the same seed, each label with at least one of both where it has two.

    Items of the same group (None: of none) are on the same side, so that no picture is tested of which a near duplicate was learned; a label whose
    groups are large may then have more or fewer than its share. Only where it would have one side alone, a group is divided: the only one, as a rule.
    """
    places = defaultdict(list)
    for index, label in enumerate(labels_of_items):
        places[label].append(index)
    bundles = _bundles(groups or [None] * len(labels_of_items))
    splits = ["train"] * len(labels_of_items)
    # A group may have pictures of several labels: it is on the side that the first of them chose, so the groups of one label are asked for first.
    decided: dict[int, str] = {}
    for label, indices in places.items():
        chosen = _chosen(indices, bundles, decided, f"{seed}:{label}", val_share)
        for index in indices:
            splits[index] = "val" if index in chosen else "train"
            decided.setdefault(bundles[index], splits[index])
    return splits


def _bundles(groups: Sequence[Hashable]) -> list[int]:
    """A number for each item; items of one group share it."""
    first: dict[Hashable, int] = {}
    return [index if group is None else first.setdefault(group, index) for index, group in enumerate(groups)]


def _chosen(indices: list[int], bundles: list[int], decided: dict[int, str], seed: str, val_share: float) -> set[int]:
    """The items of one label that test: whole bundles in random order, while they fit."""
    count, rnd = min(max(1, round(len(indices) * val_share)), len(indices) - 1), random.Random(seed)
    members = defaultdict(list)
    for index in indices:
        members[bundles[index]].append(index)
    chosen = {index for bundle, some in members.items() if decided.get(bundle) == "val" for index in some}
    free = [bundle for bundle in members if bundle not in decided]
    first = rnd.sample(free, min(count, len(free)))
    taken = set(first)
    rest = [bundle for bundle in free if bundle not in taken]
    for bundle in first + rnd.sample(rest, len(rest)):
        if len(chosen) + len(members[bundle]) <= count:
            chosen.update(members[bundle])
    if count and not chosen and free:
        chosen.update(min((members[bundle] for bundle in free), key=len))
    is_one_sided = count and len(chosen) in (0, len(indices))
    return _torn(list(members.values()), chosen, count, rnd) if is_one_sided else chosen


def _torn(bundles: list[list[int]], chosen: set[int], count: int, rnd: random.Random) -> set[int]:
    """The items that test of a label that has one side alone: a share of its only bundle, or else one bundle less or more, whichever side its other labels are on."""
    if len(bundles) == 1:
        return set(rnd.sample(bundles[0], count))
    return chosen - set(max(bundles, key=len)) if chosen else set(min(bundles, key=len))


def _vectors_path(path: Path) -> Path:
    return path.with_suffix(".npy")


def _vectors(path: Path) -> np.ndarray:
    # Read only the rows that are asked for: 90,000 vectors are 230 MB.
    return np.load(_vectors_path(path), mmap_mode="r", allow_pickle=False)


def _npy(array: np.ndarray) -> memoryview:
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=False)
    return buffer.getbuffer()
