"""How much alike two pictures are, in words.

The bounds were read off 600 photos of ten kinds of clothes: the same photo made smaller, mirrored or cut at its edges is at most 0.13 away; with a fifth
cut off each side, 0.2 to 0.3; the nearest other photo 0.25 as a median; two photos at random 0.5.
"""

from django.utils.translation import gettext as _

SAME, VERY, QUITE = 0.08, 0.22, 0.38


def how_alike(distance: float) -> str:
    if distance < SAME:
        return _("the same, or nearly")
    if distance < VERY:
        return _("very much alike")
    return _("alike") if distance < QUITE else _("not very much alike")
