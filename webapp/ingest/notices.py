"""What a person should know about an upload although nothing went wrong."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from webapp.ingest.sources import Source
from webapp.projects.models import Label


def of(sources: list[Source], spellings: dict[Label, list[str]]) -> list[str]:
    """Sentences: labels that were written in several ways, and pictures of which one of several classes was taken."""
    said = [merged(label, [name for name in dict.fromkeys(names) if name != label.name]) for label, names in spellings.items()]
    return [*filter(None, said), *mixed(sum(source.plan.mixed for source in sources))]


def merged(label: Label, others: list[str]) -> str:
    """That labels written otherwise are one, such as Cat, cat and ｃａｔ; "" when there are none."""
    if not others:
        return ""
    if len(others) == 1:
        return _("Put “%(other)s” together with “%(name)s”.") % {"other": others[0], "name": label.name}
    first = _(", ").join(_("“%(name)s”") % {"name": name} for name in others[:-1])
    return _("Put %(others)s and “%(last)s” together as “%(name)s”.") % {"others": first, "last": others[-1], "name": label.name}


def mixed(count: int) -> list[str]:
    if not count:
        return []
    text = ngettext(
        "%(count)d picture shows several things. It got the label of the largest or most frequent one.",
        "%(count)d pictures show several things. They got the label of the largest or most frequent one.",
        count,
    )
    return [text % {"count": count}]
