"""Starting exports, and letting their ZIPs go. Who may do it was asked before, in `projects.rules`."""

from collections.abc import Iterable
from functools import partial
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q, QuerySet, Sum
from django.db.models.functions import Now
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from webapp.core import store
from webapp.core.errors import UserError
from webapp.core.limits import spend
from webapp.exports.models import Export
from webapp.images.licenses import NAMES
from webapp.images.models import Image
from webapp.images.queries import licensed
from webapp.projects.models import Project

SPARE_BYTES = 500_000_000  # what stays free on the disk, for everybody else


def start(*, project: Project, licenses: Iterable[str] = (), with_aside: bool = False) -> Export:
    """Ask for a ZIP of a project's pictures; the one that is being made already when it would be the same.

    Raises UserError: a group of licences that there is not, or too often.
    """
    groups = [group for group in NAMES if group in set(licenses)]
    if unknown := set(licenses) - set(NAMES):
        message = _("There is no group of licences called %(names)s.") % {"names": ", ".join(sorted(unknown))[:200]}
        raise UserError(message, code="unknown_licenses", field="licenses")
    wanted = Export(project=project, licenses=groups, with_aside=with_aside, language=get_language() or "")
    for live in project.exports.filter(status__in=Export.LIVE, cancel_requested=False, with_aside=with_aside):
        if live.licenses == groups:
            return live
    spend("export", project.owner_id)
    wanted.save(force_insert=True)
    return wanted


def chosen(export: Export) -> QuerySet[Image]:
    """The pictures that go into an export."""
    rows = export.project.images.all() if export.with_aside else export.project.images.filter(status=Image.READY)
    return rows.filter(licensed(export.project, export.licenses)) if export.licenses else rows


def check_room(export: Export) -> None:
    """Raise UserError when the ZIP would fill the disk. For the worker: adding up 100,000 pictures takes half a second."""
    needed = chosen(export).aggregate(bytes=Sum("size_bytes"))["bytes"] or 0
    if store.free_bytes() - needed < SPARE_BYTES:
        raise UserError(_("The disk of this server is nearly full. Delete what you no longer need, or ask whoever runs it for more room."), code="disk_full", status=507)


def discard_others(export: Export) -> None:
    """Let go of earlier ZIPs of the same pictures: the newest is enough."""
    others = export.project.exports.filter(status=Export.DONE, with_aside=export.with_aside, created__lt=export.created)
    expire([other.id for other in others if other.licenses == export.licenses])


def expire(ids: Iterable[UUID]) -> None:
    """End the time of finished exports; their ZIPs go when the database has agreed."""
    ids = list(ids)
    with transaction.atomic():
        Export.objects.filter(id__in=ids, status=Export.DONE).update(expires=Now())
        gone = list(Export.objects.filter(id__in=ids, status=Export.DONE))
        transaction.on_commit(partial(delete_files, gone), robust=True)


def delete_files(exports: list[Export]) -> None:
    for export in exports:
        store.delete(export.file_name)


def forget_pictures(projects: Iterable[UUID]) -> None:
    """Some pictures of these projects must be in no ZIP any more: finished ones expire, those being made begin anew, without them."""
    rows = Export.objects.filter(project__in=list(projects))
    with transaction.atomic():
        # Whoever makes one now loses it by the fence, before it could be given to anybody.
        rows.filter(status=Export.RUNNING).update(status=Export.QUEUED, fence=F("fence") + 1, attempts=0, lease_until=None, hinted=None)
        expire(rows.filter(status=Export.DONE).values_list("id", flat=True))


def expired() -> QuerySet[Export]:
    """Finished exports whose time is over."""
    return Export.objects.filter(Q(expires__lte=Now()), status=Export.DONE)
