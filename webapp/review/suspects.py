"""Pictures whose label is probably wrong, the most certain first."""

from uuid import UUID

from django.db.models import F, Q

from webapp.images.models import Image
from webapp.projects.models import Label, Project
from webapp.review.queries import Page


def suspects(project: Project, *, label: Label | None = None, after: str | None = None, limit: int = 200) -> Page:
    """A page of them, each with its label and its suggestion; nonsense in `after` means the first page. What `SHOWS["wrong_label"]` says, read by the index of scores."""
    rows = project.suggestions.filter(image__status=Image.READY, image__is_reviewed=False).exclude(image__label=F("label"))
    if label:
        rows = rows.filter(image__label=label)
    rows = rows.filter(later(after)).select_related("label", "image__label").order_by("-score", "image")
    found = [suggestion.image for suggestion in rows[: limit + 1]]
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
    return Q(score__lt=at) | Q(score=at, image__gt=last)
