"""What may be done with a picture, in a few groups: the services write licences in many ways, people choose among seven."""

import re

from django.utils.translation import gettext_lazy as _

from webapp.images.models import Image

OWN, PUBLIC, BY, BY_SA, NC, ND, UNKNOWN = "own", "public", "by", "by-sa", "nc", "nd", "unknown"
NAMES = {
    OWN: _("Your own pictures"),
    PUBLIC: _("Public domain and CC0"),
    BY: _("CC BY: say who made it"),
    BY_SA: _("CC BY-SA: share alike"),
    NC: _("Not for commercial use (NC)"),
    ND: _("No changed versions (ND)"),
    UNKNOWN: _("Licence not known"),
}
OF_OTHERS = (Image.WEB, Image.CORRECTION)  # without a licence nobody knows whose picture it is: who asked with a picture that was put right may have been a visitor
_WORD = re.compile(r"[a-z0-9]+")
_FREE = ({"cc0"}, {"cc", "0"}, {"cc", "zero"}, {"pdm"}, {"pd"}, {"public", "domain"}, {"no", "restrictions"})


def group_of(source: str, license: str) -> str:
    """The group of a licence as a service wrote it ("CC BY-SA 4.0", "by-nc", "Public domain"); the strictest where several words fit."""
    words = set(_WORD.findall(license.lower()))
    if not words:
        return UNKNOWN if source in OF_OTHERS else OWN
    if "by" not in words and "attribution" not in words:
        return PUBLIC if any(free <= words for free in _FREE) else UNKNOWN
    for mark, group in (("nd", ND), ("noderivatives", ND), ("nc", NC), ("noncommercial", NC), ("sa", BY_SA), ("sharealike", BY_SA)):
        if mark in words:
            return group
    return BY
