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
        return [f"core/pictures/{name}" for name in self.drawn]

    @property
    def text(self) -> str:
        """The labels as they stand in the field."""
        return "\n".join(str(label) for label in self.labels)


IDEAS = (
    Idea(
        _("Rock, paper, scissors"),
        (_("rock"), _("scissors"), _("paper")),
        ("rock-01.svg", "scissors-02.svg", "paper-01.svg"),
    ),
    Idea(_("Kinds of bread"), (_("melon bread"), _("croissant"), _("white bread")), ("melonpan-01.svg", "croissant-02.svg", "shokupan-01.svg")),
    Idea(_("Autumn leaves"), (_("ginkgo"), _("maple"), _("cherry")), ("ginkgo-01.svg", "maple-02.svg", "sakura-01.svg")),
    Idea(_("Sorting waste"), (_("can"), _("plastic bottle"), _("glass bottle")), ("can-01.svg", "pet-02.svg", "glass-01.svg")),
    Idea(_("Is the tomato ripe"), (_("green tomato"), _("turning tomato"), _("ripe tomato")), ("green-01.svg", "half-01.svg", "ripe-02.svg")),
    Idea(_("Animals at home"), (_("cat"), _("dog"), _("rabbit")), ("cat-02.jpg", "dog-01.jpg", "rabbit-04.jpg")),
)
