"""Names as people type them: what is kept of them, and how a line of them becomes a list."""

import hashlib
import re
import unicodedata
from collections.abc import Iterable

from django.utils.translation import gettext as _

from webapp.core.errors import UserError
from webapp.projects.models import NAME_LENGTH, name_key

SEPARATORS = re.compile(r"[,;\n\r\t、，；､،]+")
# Control characters, unpaired surrogates, and what turns the direction of the text around it (U+202A-E, U+2066-9): a name must not do that to a page.
# The joiners inside emoji (U+200D) and the variation selectors stay.
UNWANTED = re.compile("[\u0000-\u001f\u007f-\u009f\u200b\u2028-\u202e\u2060\u2066-\u2069\ud800-\udfff\ufeff]")

VISIBLE = "LNPS"  # letters, numbers, punctuation, symbols (emoji are symbols)


def split_names(text: str) -> list[str]:
    """The names in a line of them, "猫、犬, rabbit" -> ["猫", "犬", "rabbit"], each once, as first written; raises UserError for one that is too long."""
    return list(by_key(part for part in SEPARATORS.split(text) if squeeze(part)).values())


def by_key(names: Iterable[str]) -> dict[str, str]:
    """Clean names under their keys, each once, as first written; raises UserError."""
    unique: dict[str, str] = {}
    for name in map(clean_name, names):
        unique.setdefault(key_of(name), name)
    return unique


def clean_name(text: str) -> str:
    """A name as it is kept: NFC, single spaces, no control characters, 1 to 100 characters; raises UserError."""
    name = squeeze(text)
    if not any(unicodedata.category(character)[0] in VISIBLE for character in name):
        raise UserError(_("A name needs at least one character."), code="empty_name", field="name")
    if len(name) > NAME_LENGTH:
        raise UserError(_("A name has at most %(count)d characters. Please shorten it.") % {"count": NAME_LENGTH}, code="name_too_long", field="name")
    return name


def squeeze(text: str) -> str:
    """NFC, without control characters, with single spaces."""
    spaced = " ".join(text.split())
    return unicodedata.normalize("NFC", " ".join(UNWANTED.sub("", spaced).split()))


def key_of(name: str) -> str:
    """What is unique in a project: the SHA-256, in hexadecimal, of `name_key(name)`."""
    return hashlib.sha256(name_key(name).encode()).hexdigest()
