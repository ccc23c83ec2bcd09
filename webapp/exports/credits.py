"""Where each picture of a project came from, a page at a time."""

import base64
import binascii
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from webapp.images.models import Image
from webapp.images.queries import licensed
from webapp.projects.models import Project

SIZE = 60


@dataclass(frozen=True)
class Page:
    """Some pictures, newest first, with their labels, and where the next ones begin ("" when these are the last)."""

    images: list[Image]
    next: str


def page(project: Project, group: str = "", cursor: str = "", size: int = SIZE) -> Page:
    """The pictures of a group of licences, or of all, after a cursor; one that is not ours means the first page."""
    rows = project.images.select_related("label").order_by("-created", "-id")
    if group:
        rows = rows.filter(licensed(project, [group]))
    if place := read(cursor):
        created, image_id = place
        rows = rows.filter(created__lte=created).exclude(Q(created=created) & Q(id__gte=image_id))
    found = list(rows[: size + 1])
    return Page(found[:size], write(found[size - 1]) if len(found) > size else "")


def write(image: Image) -> str:
    return base64.urlsafe_b64encode(f"{image.created.isoformat()} {image.id}".encode()).decode()


def read(cursor: str) -> tuple[datetime, UUID] | None:
    try:
        created, image_id = base64.urlsafe_b64decode(cursor.encode()).decode().split(" ")
        moment = datetime.fromisoformat(created)
        return (moment, UUID(image_id)) if moment.tzinfo else None
    except (ValueError, binascii.Error):
        return None
