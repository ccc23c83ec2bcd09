"""How much there may be: pictures in one project, and bytes on the disk. Whatever brings pictures asks here before it begins."""

import os

from django.utils.translation import gettext as _

from webapp.core import store
from webapp.core.errors import UserError
from webapp.projects.models import Project

MOST_IMAGES = 100_000
KEEP_FREE_BYTES, KEEP_FREE_PART = 2_000_000_000, 0.05  # the smaller of the two stays free on the disk


def check_space(project: Project, size_bytes: int = 0) -> None:
    """Raise UserError when a project may have no more pictures (413), or so many bytes are not free on the disk (507)."""
    if project.images.count() >= MOST_IMAGES:
        raise UserError(_("An AI has at most %(count)s pictures. Delete some first.") % {"count": f"{MOST_IMAGES:,}"}, code="too_many_images", status=413)
    if store.free_bytes() - size_bytes < floor_bytes():
        raise UserError(_("The disk of this server is nearly full. Delete what you no longer need, or ask whoever runs it for more room."), code="disk_full", status=507)


def floor_bytes() -> int:
    """What must stay free on the disk of the store."""
    disk = os.statvfs(store.disk())
    return min(KEEP_FREE_BYTES, int(KEEP_FREE_PART * disk.f_blocks * disk.f_frsize))
