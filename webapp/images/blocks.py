"""Pictures that were taken down do not come in again: known by the hash of their bytes, and by the addresses they came from."""

import hashlib
from collections.abc import Iterable
from urllib.parse import urldefrag
from uuid import UUID

from django.db.models import Q

from webapp.images.models import Block, Image
from webapp.projects.models import Project


def marks(image: Image) -> set[str]:
    """What a picture is known by."""
    return {image.sha256, *(address_mark(address) for address in (image.source_url, image.page_url) if address)}


def address_mark(address: str) -> str:
    """The mark of an address: its SHA-256 in hexadecimal, without what stands behind a #."""
    return hashlib.sha256(urldefrag(address.strip()).url.encode(errors="replace")).hexdigest()


def blocked(project: Project, images: Iterable[Image]) -> set[UUID]:
    """The ids of those images, with or without rows, that may not come into a project; one query."""
    known = {image.id: marks(image) for image in images}
    wanted = set().union(*known.values())
    if not wanted:
        return set()
    found = set(Block.objects.filter(Q(project=project) | Q(project=None), key__in=wanted).values_list("key", flat=True))
    return {image_id for image_id, mine in known.items() if mine & found}


def block(keys: Iterable[str], project: Project | None) -> None:
    """Keep pictures with these marks out of a project, or of all."""
    there = set(Block.objects.filter(project=project, key__in=set(keys)).values_list("key", flat=True))
    Block.objects.bulk_create(Block(key=key, project=project) for key in sorted(set(keys) - there))
