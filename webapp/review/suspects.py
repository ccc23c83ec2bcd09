"""Pictures whose label is probably wrong, the most certain first."""

from uuid import UUID

from django.db.models import Q

from webapp.images.models import Image
from webapp.projects.models import Label, Project
from webapp.review.queries import SHOWS, Page


def suspects(project: Project, *, label: Label | None = None, after: str | None = None, limit: int = 200) -> Page:
    """A page of them, each with its label and its suggestion; nonsense in `after` means the first page."""
    rows = project.images.filter(SHOWS["wrong_label"]).select_related("label", "suggestion__label")
    if label:
        rows = rows.filter(label=label)
    found = list(rows.filter(later(after)).order_by("-suggestion__score", "id")[: limit + 1])
    last = found[limit - 1] if len(found) > limit else None
    return Page(found[:limit], place(last) if last else "")


def place(image: Image) -> str:
    return f"{image.suggestion.score!r}_{image.id.hex}"


def later(word: str | None) -> Q:
    """What comes after the place that a word says."""
    try:
        score, image = (word or "").split("_")
        at, last = float(score), UUID(image)
    except ValueError:
        return Q()
    return Q(suggestion__score__lt=at) | Q(suggestion__score=at, id__gt=last)
