"""When the index of a project is made, and made anew: of few pictures a web process makes one by itself, of more a worker makes a file in the store.

New pictures join the index in memory, and deleted ones are passed over, so a file stays good until much has changed. Then it is made anew; within a day where pictures were
deleted, so that nothing is left of them, and at once after a take-down.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from uuid import UUID

from django.db.models import F
from django.utils.timezone import now
from django.utils.translation import gettext as _

from webapp.core import store
from webapp.core.errors import UserError
from webapp.images.models import Image
from webapp.similar.keeping import left_over
from webapp.similar.models import Index

FEW = 4096  # pictures that a web process indexes by itself, in a tenth of a second
SHARE = 0.25  # of the pictures in a file; when so many came or went, it is made anew
SOON = 5  # seconds, after which it is worth asking again
REST = timedelta(minutes=10)  # after an index could not be made, until somebody's question has it tried again


def current(project_id: UUID) -> Index | None:
    """The newest index of a project that is there."""
    return Index.objects.filter(project=project_id, status=Index.DONE).order_by("-created").first()


def order(project_id: UUID) -> Index:
    """Have the index of a project made; the one that is being made already, if one is."""
    live = Index.objects.filter(project=project_id, status__in=Index.LIVE, cancel_requested=False).first()
    return live or Index.objects.create(project_id=project_id)


def want(project_id: UUID) -> None:
    """Have the index of a project made, unless that failed a moment ago: what failed three times would fail again."""
    if not is_resting(project_id):
        order(project_id)


def is_resting(project_id: UUID) -> bool:
    """Whether the newest index of a project could not be made, a moment ago."""
    newest = Index.objects.filter(project=project_id).order_by("-created").values("status", "finished").first()
    return bool(newest) and newest["status"] == Index.FAILED and newest["finished"] > now() - REST


def not_ready(project_id: UUID) -> UserError:
    """What somebody is told whose project has no index yet."""
    if is_resting(project_id):
        message = _("The pictures of this AI could not be made searchable. Another try is made in some minutes; until then, look through its pictures by label.")
        return UserError(message, code="index_failed", status=503, details={"retry_after": int(REST.total_seconds())})
    message = _("The pictures of this AI are being made searchable. Try again in a few seconds.")
    return UserError(message, code="not_ready", status=503, details={"retry_after": SOON})


def pictures_changed(*, projects: Mapping[UUID, int], **_sent) -> None:
    """Note that pictures came, {project id: how many}; in their transaction."""
    for project_id, count in projects.items():
        if count and not note(project_id, new_images=F("new_images") + count) and Image.objects.filter(project=project_id).count() > FEW:
            want(project_id)


def pictures_deleted(*, images: Iterable[Image], **_sent) -> None:
    """Note that pictures went; in their transaction."""
    for project_id, count in Counter(image.project_id for image in images).items():
        note(project_id, gone_images=F("gone_images") + count)


def note(project_id: UUID, **values) -> bool:
    """Count on the index of a project, and have it made anew when much has changed; false where it has none and none is coming."""
    there = Index.objects.filter(project=project_id)
    if not there.filter(status__in=(*Index.LIVE, Index.DONE)).update(**values):
        return False
    newest = current(project_id)
    if newest and is_behind(newest):
        want(project_id)
    return True


def is_behind(row: Index) -> bool:
    """Whether so much has changed since an index was made that it is to be made anew."""
    return row.new_images + row.gone_images > max(FEW // 4, SHARE * row.count)


def forget_pictures(projects: Iterable[UUID]) -> None:
    """Some pictures of these projects must be in no file any more: one that is being made begins anew without them, one that is there is made anew."""
    for project_id in projects:
        rows = Index.objects.filter(project=project_id)
        # Whoever makes one now loses it by the fence.
        if not rows.filter(status=Index.RUNNING).update(status=Index.QUEUED, fence=F("fence") + 1, attempts=0, lease_until=None, hinted=None) and current(project_id):
            order(project_id)


def sweep(*, older_than: float, check: Callable[[], None], **_sent) -> int:
    """Delete files of indexes that nothing knows, and have those made anew that still hold what was deleted; how many files went."""
    for project_id in Index.objects.filter(status=Index.DONE, gone_images__gt=0).values_list("project", flat=True).distinct():
        order(project_id)
    return store.delete_old(left_over(Index), older_than, check)
