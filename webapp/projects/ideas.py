"""What the first page suggests to somebody who has no idea yet."""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Idea:
    """A title, the labels it fills in and, for each, the name of a drawn picture."""

    title: str
    labels: tuple[str, ...]
    drawn: tuple[str, ...]

    @property
    def pictures(self) -> list[str]:
        """The static files of the drawn pictures."""
        return [f"core/pictures/{name}.svg" for name in self.drawn]

    @property
    def text(self) -> str:
        """The labels as they stand in the field."""
        return "\n".join(str(label) for label in self.labels)


IDEAS = (
    Idea(
        _("Rock, paper, scissors"),
        (_("rock"), _("scissors"), _("paper")),
        ("rock-01", "scissors-02", "paper-01"),
    ),
    Idea(_("Kinds of bread"), (_("melon bread"), _("croissant"), _("white bread")), ("melonpan-01", "croissant-02", "shokupan-01")),
    Idea(_("Autumn leaves"), (_("ginkgo"), _("maple"), _("cherry")), ("ginkgo-01", "maple-02", "sakura-01")),
    Idea(_("Sorting waste"), (_("can"), _("plastic bottle"), _("glass bottle")), ("can-01", "pet-02", "glass-01")),
    Idea(_("Is the tomato ripe"), (_("green tomato"), _("turning tomato"), _("ripe tomato")), ("green-01", "half-01", "ripe-02")),
    Idea(_("Animals at home"), (_("cat"), _("dog"), _("rabbit")), ("cat-02", "dog-03", "rabbit-03")),
)
