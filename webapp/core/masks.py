"""What must never stand in a log: secrets of this server, and whatever looks like a token, a password or a session of a person. Knows no Django.

The code writes none of them down. This is the second wall: it also stands before what a library, a database or a stranger's request puts into a message.
"""

import re

MASK = "***"
SHORTEST = 8  # characters of a secret that is masked wherever it stands; a shorter one would blacken words
NAMES = r"pass(?:word|wd)?\d?|(?:api|access|secret)[_-]?key|secret|token|csrfmiddlewaretoken|sessionid|prediction-key|subscription-key|signature|x-amz-(?:signature|credential|security-token)"
PATTERNS = (
    (re.compile(r"\baimk?_[\w-]{8,}"), MASK),  # our tokens and keys
    (re.compile(r"\b(Bearer|Basic)\s+[\w.~+/=-]{6,}", re.I), rf"\1 {MASK}"),
    (re.compile(r"(\w+://)[^\s/@]+@"), rf"\1{MASK}@"),  # user and password of an address
    (re.compile(rf"((?:\b|_)(?:{NAMES})[\"']?\s*[=:]\s*[\"']?)[^\s\"'&,;)}}]+", re.I), rf"\1{MASK}"),
    (re.compile(r"([?&](?:key|code|sig)=)[^\s\"'&]+", re.I), rf"\1{MASK}"),
)
_hidden: list[str] = []


def hide(*secrets: object) -> None:
    """Have these secrets of this server masked wherever they stand, the longest first: one may be a part of another."""
    known = {*_hidden, *(str(secret) for secret in secrets if len(str(secret or "")) >= SHORTEST)}
    _hidden[:] = sorted(known, key=len, reverse=True)


def masked(text: str) -> str:
    """The text without secrets."""
    for secret in _hidden:
        text = text.replace(secret, MASK)
    for pattern, instead in PATTERNS:
        text = pattern.sub(instead, text)
    return text


def masked_deep(value: object) -> object:
    """The same for all texts in a value of dicts and lists."""
    if isinstance(value, str):
        return masked(value)
    if isinstance(value, dict):
        return {name: masked_deep(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [masked_deep(inner) for inner in value]
    return value
