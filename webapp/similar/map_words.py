"""Every sentence that the script of the map may say, so that pages alone decide about language."""

from collections.abc import Callable

from django.utils.translation import gettext as _
from django.utils.translation import ngettext


def both(sentence: Callable[[int], str]) -> list[str]:
    """A sentence for one and for many, with {n} where the number goes."""
    return [sentence(count).replace("%(count)d", "{n}") for count in (1, 2)]


def for_scripts() -> dict:
    """The sentences by name; {n}, {name} and the like are filled in by the page."""
    return {
        "did": {
            "move": both(lambda count: ngettext("Moved %(count)d picture", "Moved %(count)d pictures", count)),
            "aside": both(lambda count: ngettext("Set %(count)d picture aside. Nothing is deleted", "Set %(count)d pictures aside. Nothing is deleted", count)),
            "keep": both(lambda count: ngettext("Put %(count)d picture back", "Put %(count)d pictures back", count)),
        },
        "moved": _("{said} to “{name}”"),
        "chosen": both(lambda count: ngettext("%(count)d chosen", "%(count)d chosen", count)),
        "nothing_chosen": _("Nothing chosen"),
        "undone": _("It is as it was."),
        "nothing": _("There is nothing to take back."),
        "lost": _("Connection lost. Your changes are kept here and sent when it is back."),
        "refused": _("That did not work. Reload the page and try again."),
        "aside": _("set aside"),
        "other": _("Another label"),
        "pointed": _("{name}, {state}"),
        "is_chosen": _("chosen"),
        "is_not": _("not chosen"),
        "corner": _("First corner. Go to the opposite one and press Enter; Escape ends it."),
        "no_way": _("No picture further that way."),
        "take_out": _("Take {name} out of the choice"),
    }
