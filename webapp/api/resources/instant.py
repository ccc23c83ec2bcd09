from datetime import UTC, datetime
from uuid import UUID

from django.http import HttpRequest
from ninja import Router

from webapp.api.answers import polled, stamp
from webapp.api.resources.shapes import InstantOut
from webapp.images.rows import with_work
from webapp.instant.words import Card, card
from webapp.projects.models import Project
from webapp.projects.queries import with_counts
from webapp.projects.rules import fetch

router = Router(tags=["Pictures"])


def shown(known: Card) -> dict:
    row = known.row if known.is_known else None
    names = {str(label.id): label.name for label in known.labels}
    return {
        "status": "learning" if known.is_live else "rest" if known.can_learn else "too_few",
        "images": row.images if row else 0,
        "accuracy": row.accuracy if row else None,
        "interval": [row.low, row.high] if row else None,
        "labels": [one | {"name": names[one["id"]]} for one in row.labels if one["id"] in names] if row else [],
        "best_label_id": str(row.best) if row and str(row.best) in names else None,
        "even_gain": row.even_gain if row else 0,
        "points": [point(*values) for values in known.row.points] if known.row else [],
    }


def point(images: int, accuracy: float, low: float, high: float, seconds: float) -> dict:
    return {"images": images, "accuracy": accuracy, "interval": [low, high], "time": stamp(datetime.fromtimestamp(seconds, UTC))}


@router.get("/projects/{uuid:project_id}/instant", response=InstantOut)
def get_instant(request: HttpRequest, project_id: UUID):
    """How good a quick model would be that learned from the pictures that are there now, measured on pictures held out in turn."""
    project = fetch(request.auth, with_work(Project.objects.select_related("instant")), project_id)
    labels = list(with_counts(project.labels.all()))
    return polled(request, shown(card(project, labels, is_busy=project.has_work)))
