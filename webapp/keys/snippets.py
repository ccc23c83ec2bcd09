"""Programs that ask an AI, ready to be copied: the files of `snippets/` with the real address in them."""

from functools import cache
from pathlib import Path
from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

FOLDER = Path(__file__).parent / "snippets"
NAMES = {"curl": "curl", "python": "Python", "javascript": "JavaScript", "line": _("LINE bot (Python)")}
NO_KEY = "YOUR_KEY"


class Snippet(NamedTuple):
    id: str
    name: str | Promise
    text: str


def snippets(*, address: str, key: str = NO_KEY) -> list[Snippet]:
    """All programs for the address of a predict operation, with the key where it is known: at the moment it is made."""
    return [Snippet(name, words, text_of(name).replace("{{address}}", address).replace("{{key}}", key)) for name, words in NAMES.items()]


@cache
def text_of(name: str) -> str:
    return (FOLDER / f"{name}.txt").read_text()
