"""Why a new model was put in use or not, as sentences for people."""

from django.utils.translation import gettext as _

from webapp.serving import better
from webapp.serving.better import Finding


def why(finding: dict | None) -> str:
    """What was found when a model was held against the one in use; "" where nobody looked."""
    if not finding:
        return ""
    found = Finding(**finding)
    return SENTENCES[found.reason](found) if found.reason in SENTENCES else ""


def kept(found: Finding) -> str:
    return _("Run %(number)d stayed in use.") % {"number": found.against} + " " + counted(found)


def replaced(found: Finding) -> str:
    return _("It took the place of run %(number)d.") % {"number": found.against} + " " + counted(found)


def counted(found: Finding) -> str:
    """How many pictures each names right, and where that says little."""
    values = {"count": found.count, "number": found.against, "before": found.before, "after": found.after}
    told = _("Of %(count)d pictures that neither has learned from, run %(number)d names %(before)d right and this one %(after)d.") % values
    return told + " " + _("A difference this small may be chance.") if found.score.change and found.score.is_chance else told


SENTENCES = {
    better.NEVER: lambda _found: _("This AI puts a new model in use only when somebody says so."),
    better.NOT_BETTER: kept,
    better.BETTER: replaced,
    better.NO_PICTURES: lambda found: _("Run %(number)d stayed in use: there is no picture that neither of the two has learned from, so nobody can say which is better.") % {"number": found.against},
    better.DAMAGED: lambda found: _("The model of run %(number)d cannot be read any more, so this one took its place.") % {"number": found.against},
}
