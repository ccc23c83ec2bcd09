"""What two runs say to the test pictures that they share: how many each names right, label by label, and whose answer flipped.

Whether a difference is more than chance is told by the exact sign test on the pictures that only one of them names right (McNemar 1947): the
pictures are the same, so those that both name right or wrong say nothing.
"""

from collections import defaultdict
from dataclasses import dataclass
from math import comb

SURE = 0.05  # a difference that chance makes more often than this is called chance
LOST, GAINED, OTHER = "lost", "gained", "other"  # right before and wrong now; wrong before and right now; wrong both times, but another answer


@dataclass(frozen=True)
class Said:
    """What a run said to a test picture: `confidence` is a share from 0 to 1."""

    image_id: str
    actual: str
    predicted: str
    confidence: float

    @property
    def is_right(self) -> bool:
        return self.predicted == self.actual


@dataclass(frozen=True)
class Score:
    """Of `count` shared pictures so many were right before and after; `gained` and `lost` are right in one alone; `p` is that of the sign test."""

    count: int
    before: int
    after: int
    gained: int
    lost: int

    @property
    def p(self) -> float:
        return sign_test(self.gained, self.lost)

    @property
    def change(self) -> int:
        return self.after - self.before

    @property
    def is_chance(self) -> bool:
        return self.p >= SURE


@dataclass(frozen=True)
class LabelScore:
    """The score of one label. With many labels some differ by chance, so `is_chance` asks more of each (Bonferroni)."""

    name: str
    score: Score
    is_chance: bool


@dataclass(frozen=True)
class Flip:
    """A picture that got another answer: `kind` is LOST, GAINED or OTHER."""

    before: Said
    after: Said

    @property
    def kind(self) -> str:
        if self.before.is_right:
            return LOST
        return GAINED if self.after.is_right else OTHER


Pairs = list[tuple[Said, Said]]


def sign_test(gained: int, lost: int) -> float:
    """How often chance alone makes a difference at least this uneven, both ways: twice the tail of the binomial, exactly, at most 1."""
    number, fewer = gained + lost, min(gained, lost)
    return min(1.0, 2 * sum(comb(number, k) for k in range(fewer + 1)) / 2**number)


def said(answers: list[list], names: dict[str, str]) -> dict[str, Said]:
    """The answers of a run by picture. names: what a picture is known by in several projects, where that is not its id."""
    return {names.get(entry[0], entry[0]): Said(*entry) for entry in answers}


def shared(before: dict[str, Said], after: dict[str, Said]) -> Pairs:
    """The answers to pictures that tested both runs under the same label, in the order of the second."""
    return [(before[key], answer) for key, answer in after.items() if key in before and before[key].actual == answer.actual]


def score(pairs: Pairs) -> Score:
    return Score(
        count=len(pairs),
        before=sum(before.is_right for before, _after in pairs),
        after=sum(after.is_right for _before, after in pairs),
        gained=sum(after.is_right and not before.is_right for before, after in pairs),
        lost=sum(before.is_right and not after.is_right for before, after in pairs),
    )


def by_label(pairs: Pairs) -> list[LabelScore]:
    """The scores of each label: what lost most first, then what gained most."""
    groups: dict[str, Pairs] = defaultdict(list)
    for before, after in pairs:
        groups[before.actual].append((before, after))
    scores = {name: score(some) for name, some in groups.items()}
    tried = sum(each.gained + each.lost > 0 for each in scores.values())
    found = [LabelScore(name, each, each.p * tried >= SURE) for name, each in scores.items()]
    return sorted(found, key=lambda label: (label.score.change == 0, label.score.change, label.name))


def flips(pairs: Pairs) -> list[Flip]:
    """The pictures that got another answer: first those that were right, then those that are right now; the surest first."""
    found = [Flip(before, after) for before, after in pairs if before.predicted != after.predicted]
    return sorted(found, key=lambda flip: ((LOST, GAINED, OTHER).index(flip.kind), -flip.after.confidence, flip.after.image_id))
