"""Other words to search with: English ones for Japanese ones, and the meanings of a word that has several.

The list is our own and short: `words.txt`. The services that are searched know mostly English, and a word with two meanings brings two kinds of picture.
"""

import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.utils.translation import get_language

LIST = Path(__file__).with_name("words.txt")


@dataclass(frozen=True)
class Meaning:
    """One meaning of a word: how it is told from the others in English and Japanese (empty when it is the only one), and words to search with, best first."""

    forms: tuple[str, ...]
    english: str
    japanese: str
    searches: tuple[str, ...]

    @property
    def name(self) -> str:
        """How a person knows it, in the language of the page."""
        return (self.japanese if (get_language() or "").startswith("ja") else self.english) or self.searches[0]


def meanings(text: str) -> list[Meaning]:
    """What the words may mean, as far as the list knows; several when somebody has to choose."""
    return list(known().get(key_of(text), ()))


def best(text: str) -> str:
    """What to search for when nobody says otherwise: the English word for a Japanese one that has one meaning, and else the words themselves."""
    found = meanings(text)
    return found[0].searches[0] if len(found) == 1 and not text.isascii() else text


def same(text: str) -> list[str]:
    """The words and all that mean just the same, in both languages: for what is named by people, in whatever language they speak."""
    found = by_any(text)
    if len(found) != 1:
        return [text]
    forms = [form for meaning in read() if meaning.searches == found[0].searches for form in meaning.forms]
    return list(dict.fromkeys([text, *(form for form in forms if len(meanings(form)) == 1), *found[0].searches]))


def by_any(text: str) -> list[Meaning]:
    """Meanings that the words have, or that they are suggested for, each once."""
    found = meanings(text) or suggested().get(key_of(text), ())
    return list({meaning.searches: meaning for meaning in found}.values())


def key_of(text: str) -> str:
    """Words as they are compared: without capitals, full width and doubled spaces."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


@cache
def known() -> dict[str, tuple[Meaning, ...]]:
    """The meanings of each form in the list."""
    return index(lambda meaning: meaning.forms)


@cache
def suggested() -> dict[str, tuple[Meaning, ...]]:
    """The meanings that each search of the list is suggested for."""
    return index(lambda meaning: meaning.searches)


def index(texts_of) -> dict[str, tuple[Meaning, ...]]:
    found: dict[str, tuple[Meaning, ...]] = {}
    for meaning in read():
        for text in texts_of(meaning):
            found[key_of(text)] = (*found.get(key_of(text), ()), meaning)
    return found


@cache
def read() -> tuple[Meaning, ...]:
    """The list, a meaning a line: form, form | English / Japanese name of the meaning, when it has others | search, search"""
    lines = (line.partition("#")[0].strip() for line in LIST.read_text().splitlines())
    return tuple(parsed(line) for line in lines if line)


def parsed(line: str) -> Meaning:
    forms, name, searches = (part.strip() for part in line.split("|"))
    english, _slash, japanese = (part.strip() for part in name.partition("/"))
    return Meaning(tuple(split(forms)), english, japanese, tuple(split(searches)))


def split(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]
