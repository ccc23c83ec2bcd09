"""What differs in the pictures of runs: how many of each label, which are in one alone, which got another label or changed sides."""

from collections import Counter
from dataclasses import dataclass

from webapp.training.snapshot import TRAIN, VAL

Pictures = dict[str, tuple[str, str]]  # what a picture is known by: (its label, TRAIN or VAL)


@dataclass(frozen=True)
class Count:
    """How many pictures of a label a run learned from, and how many it was tested with."""

    train: int
    val: int


@dataclass(frozen=True)
class LabelCounts:
    """A label with its counts in each run, in their order."""

    name: str
    counts: list[Count]

    @property
    def differs(self) -> bool:
        return len(set(self.counts)) > 1


@dataclass(frozen=True)
class Relabelled:
    """So many pictures that had the label `before` and have `after`."""

    before: str
    after: str
    count: int


@dataclass(frozen=True)
class Moves:
    """From the pictures of one run to those of another: the numbers of pictures that are the same, only in one of them, or in another place."""

    same: int
    only_before: int
    only_after: int
    to_train: int
    to_val: int
    relabelled: list[Relabelled]

    @property
    def is_same(self) -> bool:
        return not (self.only_before or self.only_after or self.to_train or self.to_val or self.relabelled)


def pictures(snapshot: list[list], names: dict[str, str]) -> Pictures:
    """The pictures of a run. names: what a picture is known by in several projects, where that is not its id."""
    return {names.get(image_id, image_id): (label, part) for image_id, label, part in snapshot}


def counts(sides: list[Pictures]) -> list[LabelCounts]:
    """Every label of these runs with its numbers of pictures, in the order in which labels first occur."""
    tallies = [Counter(side.values()) for side in sides]
    labels = dict.fromkeys(label for side in sides for label, _part in side.values())
    return [LabelCounts(label, [Count(tally[label, TRAIN], tally[label, VAL]) for tally in tallies]) for label in labels]


def moves(before: Pictures, after: Pictures) -> Moves:
    """What became of the pictures of one run in another."""
    both = [(before[key], after[key]) for key in before.keys() & after.keys()]
    labels = Counter((one[0], other[0]) for one, other in both if one[0] != other[0])
    return Moves(
        same=sum(one == other for one, other in both),
        only_before=len(before) - len(both),
        only_after=len(after) - len(both),
        to_train=sum(one[1] == VAL and other[1] == TRAIN for one, other in both),
        to_val=sum(one[1] == TRAIN and other[1] == VAL for one, other in both),
        relabelled=[Relabelled(*names, count) for names, count in sorted(labels.items(), key=lambda item: (-item[1], item[0]))],
    )
