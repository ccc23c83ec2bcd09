"""What the page says of the instant model."""

from dataclasses import dataclass

from django.core.exceptions import ObjectDoesNotExist
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from trainer.learning_curve import WORTH
from trainer.manifest import MIN_LABELS, MIN_PICTURES
from webapp.instant.models import Instant
from webapp.projects.models import Label, Project

ROOM = 0.1  # of accuracy, that the line has below its lowest point


@dataclass(frozen=True)
class Card:
    """The instant model of a project and its labels, which have an `image_count`; `row` is None where no picture has ever come."""

    project: Project
    row: Instant | None
    labels: list[Label]
    is_busy: bool  # pictures are coming in just now

    @property
    def is_live(self) -> bool:
        """Whether the page should ask again soon."""
        return self.can_learn and (self.is_busy or self.row is None or self.row.is_moving)

    @property
    def can_learn(self) -> bool:
        return sum(label.image_count >= MIN_PICTURES for label in self.labels) >= MIN_LABELS

    @property
    def is_known(self) -> bool:
        """Whether there is a number that says something of the pictures that are there now."""
        return self.can_learn and self.row is not None and self.row.accuracy is not None

    @property
    def has_pictures(self) -> bool:
        return any(label.image_count for label in self.labels)

    @property
    def missing(self) -> str:
        """What is missing before anything can be said; the board says before it what is needed to start."""
        return _("From %(pictures)d pictures of two labels on, I try them out while more come in, and show here how good I am already.") % {"pictures": MIN_PICTURES}

    @property
    def right(self) -> str:
        return percent(self.row.accuracy)

    @property
    def tried(self) -> str:
        """How the number came about, in a sentence."""
        text = ngettext(
            "Tried on %(count)d picture, held out in turn. With others it would be between %(low)s and %(high)s.",
            "Tried on %(count)d pictures, held out in turn. With others it would be between %(low)s and %(high)s.",
            self.row.images,
        )
        return text % {"count": self.row.images, "low": percent(self.row.low), "high": percent(self.row.high)}

    @property
    def advice(self) -> str:
        """Which pictures would help most, or nothing."""
        names = {str(label.id): label.name for label in self.labels}
        for one in self.row.labels:
            if one["id"] == str(self.row.best) and one["id"] in names:
                return self._label_advice(names[one["id"]], one["gain"])
        if self.row.even_gain < WORTH:
            return ""
        text = ngettext("20 more pictures of every label would help (about +%(points)d point).", "20 more pictures of every label would help (about +%(points)d points).", points(self.row.even_gain))
        return text % {"points": points(self.row.even_gain)}

    def _label_advice(self, name: str, gain: float) -> str:
        text = ngettext("More pictures of “%(label)s” would help most (20 more: about +%(points)d point).", "More pictures of “%(label)s” would help most (20 more: about +%(points)d points).", points(gain))
        return text % {"label": name, "points": points(gain)}

    @property
    def said(self) -> str:
        """All of it for somebody who listens, once it has come to rest."""
        return "" if self.is_live or not self.is_known else " ".join([_("%(percent)s right already.") % {"percent": self.right}, self.tried, self.advice]).strip()

    @property
    def line(self) -> dict:
        """The history as paths in a square of 100: `curve`, the `band` of its intervals, and the `last` point."""
        points = self.row.points
        bottom = max(0.0, min(point[2] for point in points) - ROOM) if points else 0.0
        across = [100 * place / max(1, len(points) - 1) for place in range(len(points))] if len(points) > 1 else [100.0]
        curve, low, high = ([(x, 100 - 100 * (point[column] - bottom) / (1 - bottom)) for x, point in zip(across, points, strict=True)] for column in (1, 2, 3))
        return {"curve": path(curve), "band": path(high + low[::-1]), "last": path(curve[-1:])}

    @property
    def grew(self) -> str:
        """What the line shows, in words."""
        return _("From %(first)s to %(last)s") % {"first": percent(self.row.points[0][1]), "last": self.right}


def card(project: Project, labels: list[Label], *, is_busy: bool) -> Card:
    """The card of a project; no query for one that was read with its `instant`."""
    try:
        row = project.instant
    except ObjectDoesNotExist:
        row = None
    return Card(project, row, labels, is_busy)


def points(gain: float) -> int:
    """A gain of accuracy as whole points of percent."""
    return max(1, round(100 * gain))


def path(points: list[tuple[float, float]]) -> str:
    """Straight lines through points, as SVG writes them; a single one as a line of no length, which a round brush shows as a dot."""
    if not points:
        return ""
    return f"M{points[0][0]:.1f} {points[0][1]:.1f}" + ("".join(f"L{x:.1f} {y:.1f}" for x, y in points[1:]) or "h0")


def percent(share: float) -> str:
    """A share from 0 to 1 as whole percent; only all is 100 and only nothing is 0."""
    if share in (0, 1):
        return f"{share:.0%}"
    return f"{min(99, max(1, round(100 * share)))}%"
