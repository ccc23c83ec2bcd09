"""What an examination found."""

from dataclasses import dataclass

WELL, WORRYING, BROKEN = "well", "worrying", "broken"


@dataclass(frozen=True)
class Finding:
    """Something that was looked at: how it is, in a sentence, and how to mend it where it is not well."""

    part: str
    state: str
    sentence: str
    mend: str = ""


def well(part: str, sentence: str) -> Finding:
    return Finding(part, WELL, sentence)


def worrying(part: str, sentence: str, mend: str) -> Finding:
    return Finding(part, WORRYING, sentence, mend)


def broken(part: str, sentence: str, mend: str) -> Finding:
    return Finding(part, BROKEN, sentence, mend)
