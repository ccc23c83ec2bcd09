"""For how long answers are kept, and how they go."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import timedelta
from functools import partial
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from webapp.answers.models import Answer, Correction
from webapp.core import store
from webapp.core.errors import UserError
from webapp.core.jobs import Job
from webapp.images.models import Image
from webapp.images.services import chunks
from webapp.projects.models import Project

DAYS = (1, 7, 30, 90, 365)
MOST = 20_000  # answers that one project keeps; the oldest go first
CHUNK = 500
REMEMBERED = timedelta(days=30)  # corrections that are long over


def set_days(*, project: Project, days: int | None) -> int:
    """Choose for how many days answers are kept, None for not at all; what is older goes at once, and how many those were is given. Raises UserError."""
    if days is not None and days not in DAYS:
        raise UserError(_("Choose one of the times that are offered."), code="unknown_days", field="days")
    with transaction.atomic():
        Project.objects.filter(id=project.id).update(answers_days=days)  # first: it waits for whoever writes answers just now (`recorder.hold`)
        project.answers_days = days
        return delete(expired(project))


def expired(project: Project) -> QuerySet[Answer]:
    """The answers of a project whose time is over: all, where it keeps none."""
    rows = Answer.objects.filter(project=project)
    return rows.filter(created__lt=ends(project)) if project.answers_days else rows


def current(project: Project) -> QuerySet[Answer]:
    """The answers of a project that may be seen: their time is not over, also where no sweep has been yet."""
    rows = Answer.objects.filter(project=project)
    return rows.filter(created__gte=ends(project)) if project.answers_days else rows.none()


def about(project: Project, picture: bytes) -> Answer | None:
    """The newest kept answer about this very file."""
    return current(project).filter(digest=hashlib.sha256(picture).hexdigest()).select_related("model").first() if project.answers_days else None


def ends(project: Project):
    return timezone.now() - timedelta(days=project.answers_days)


def delete(rows: QuerySet[Answer]) -> int:
    """Delete answers with their pictures; how many those were."""
    count = 0
    while found := list(rows.order_by().only("id", "project_id")[:CHUNK]):
        with transaction.atomic():
            Answer.objects.filter(id__in=[answer.id for answer in found]).delete()
            transaction.on_commit(partial(delete_files, [answer.file_name for answer in found]), robust=True)
        count += len(found)
    return count


def pictures_deleted(sender: object, images: Sequence[Image], **_sent) -> None:
    """Pictures were deleted or taken down, also some that a correction only moved: the answers that were kept about them go too.

    One that is only taken back leaves its answer.
    """
    projects = {image.project_id for image in images}  # by them an index finds the corrections
    for some in chunks([image.id for image in images]):
        delete(Answer.objects.filter(corrections__in=Correction.objects.filter(project__in=projects, image__in=some, undone=None)))


def delete_files(names: list[str]) -> None:
    for name in names:
        store.delete(name)


def tidy(project_ids: Iterable[UUID]) -> int:
    """Delete the answers of these projects whose time is over, and the oldest of too many; how many those were."""
    count = 0
    for project in Project.objects.filter(id__in=project_ids):
        count += delete(expired(project))
        oldest_kept = Answer.objects.filter(project=project).values_list("created", flat=True)[MOST - 1 : MOST].first()
        count += delete(Answer.objects.filter(project=project, created__lt=oldest_kept)) if oldest_kept else 0
    return count


def sweep(sender: object, older_than: float, check: Callable[[], None], **_sent) -> int:
    """Delete what is over in all projects, and files without a row that are older than so many seconds; how many files that were."""
    check()
    deleted = tidy(set(Answer.objects.order_by().values_list("project", flat=True).distinct()))
    forget_old_corrections()
    return deleted + store.delete_old(left_over(), older_than, check)


def left_over() -> Iterator[str]:
    """Files of answers and corrections that no row knows, however old. A project that is gone is swept as a whole elsewhere."""
    for folder in store.folders("projects"):
        yield from unknown(f"projects/{folder}/answers", Answer.objects.all())
        yield from unknown(f"projects/{folder}/corrections", Correction.objects.filter(status__in=Job.LIVE))


def unknown(folder: str, rows: QuerySet) -> Iterator[str]:
    """The files of a folder that belong to none of these rows, whose ids they are named by."""
    names = list(store.walk(folder))
    for start in range(0, len(names), CHUNK):
        some = {name.rsplit("/", 1)[1].split(".")[0]: name for name in names[start : start + CHUNK]}
        known = {str(key) for key in rows.filter(id__in=[key for key in some if is_id(key)]).values_list("id", flat=True)}
        yield from (name for key, name in some.items() if key not in known)


def is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def forget_old_corrections() -> None:
    """Delete the rows of corrections that are long over."""
    Correction.objects.filter(finished__lt=timezone.now() - REMEMBERED).delete()
