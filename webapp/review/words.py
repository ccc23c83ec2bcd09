"""Every sentence that the scripts of the review page may say, so that pages alone decide about language."""

from collections.abc import Callable

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from webapp.review.cells import FLAGS, REASONS

# What was done to so many pictures; the number is filled in afterwards
SAID: dict[str, Callable[[int], str]] = {
    "move": lambda count: ngettext("Moved %(count)d picture", "Moved %(count)d pictures", count),
    "aside": lambda count: ngettext("Set %(count)d picture aside. Nothing is deleted", "Set %(count)d pictures aside. Nothing is deleted", count),
    "keep": lambda count: ngettext("Put %(count)d picture back", "Put %(count)d pictures back", count),
    "delete": lambda count: ngettext("Deleted %(count)d picture for good", "Deleted %(count)d pictures for good", count),
    "accept": lambda count: ngettext("Gave %(count)d picture its right label", "Gave %(count)d pictures their right labels", count),
    "dismiss": lambda count: ngettext("The label of %(count)d picture is right", "The labels of %(count)d pictures are right", count),
}


def in_words(do: str, count: int) -> str:
    """What was done, as a sentence."""
    return SAID[do](count) % {"count": count}


def both(sentence: Callable[[int], str]) -> list[str]:
    """A sentence for one and for many, with {n} where the number goes."""
    return [sentence(count).replace("%(count)d", "{n}") for count in (1, 2)]


def for_scripts() -> dict:
    """The sentences by name; {n}, {name} and the like are filled in by the page."""
    return {
        "reasons": {key: [str(short), str(long)] for key, (short, long) in REASONS.items()},
        "flags": {word: [str(short), str(long)] for word, short, long in FLAGS.values()},
        "did": {do: both(sentence) for do, sentence in SAID.items()},
        "chosen": both(lambda count: ngettext("%(count)d chosen", "%(count)d chosen", count)),
        "sure": both(lambda count: ngettext("Delete %(count)d picture for good?", "Delete %(count)d pictures for good?", count)),
        "alike": _("Has a near duplicate"),
        "gone": _("Deleted"),
        "like": _("Looks like {name}"),
        "question": _("This looks like {like}, labelled {name}"),
        "fixed": _("Now {name}"),
        "is_right": _("{name} is right"),
        "right": _("Stays {name}"),
        "place": _("Picture {n} of {all}"),
        "moved": _("{said} to “{name}”"),
        "undone": _("It is as it was."),
        "nothing": _("There is nothing to take back."),
        "no_label": _("There is no label {n}."),
        "lost": _("Connection lost. Your changes are kept here and sent when it is back."),
        "refused": _("That did not work. Reload the page and try again."),
        "saving": _("Saving"),
        "saved": _("All saved"),
    }
