"""Asking for a check, and deciding about what it suggests. Setting pictures aside, keeping, moving and deleting them is in `images.services`."""

from collections.abc import Sequence
from datetime import timedelta
from functools import partial

from django.db import transaction
from django.db.models import Count, QuerySet
from django.utils import timezone
from django.utils.translation import get_language

from webapp.core import jobs
from webapp.core.again import again
from webapp.core.jobs import Job
from webapp.images.models import Image
from webapp.images.rows import is_busy
from webapp.images.services import chunks, keep_images, move_images
from webapp.projects.models import Project
from webapp.review.models import Check, Step, Suggestion

REGRETTED = timedelta(days=7)  # how long a change can be taken back
CHECKS = 5  # of a project that are kept


@again
def request_check(*, project: Project, language: str = "") -> Check:
    """A check for a worker to take; while one waits, that one. One that runs already may have read the pictures before the latest came."""
    with transaction.atomic():
        Project.objects.select_for_update().get(id=project.id)  # two presses at once: the second one waits here and then finds the first
        waiting = project.checks.filter(status=Job.QUEUED).first()
        return waiting or Check.objects.create(project=project, language=language or get_language() or "")


def check_what_is_new(*, project: Project) -> Check | None:
    """A check when pictures have come in since the last one and no more are coming just now; None when there is nothing to do.

    The drawn pictures of the sample need none. A check that failed has seen nothing.
    """
    last = project.checks.exclude(status=Job.FAILED).values_list("created", flat=True).first()
    new = project.images.exclude(source=Image.SAMPLE)
    if is_busy(project) or not (new.filter(created__gte=last) if last else new).exists():
        return None
    return request_check(project=project)


def look_through(projects: QuerySet[Project]) -> None:
    """Check what is new in these projects, once the database answers where it is away; after the work that brought the pictures."""
    for project in jobs.patiently(lambda: list(projects.all())):
        jobs.patiently(partial(check_what_is_new, project=project))


def check_what_is_left(*, images: Sequence[Image], **_sent) -> None:
    """Ask for a check where deleted pictures leave others behind that were set aside as nearly the same: one of those may come back now."""
    groups = list({image.group for image in images if image.group and image.status == Image.READY})
    left = Image.objects.filter(aside_reason=Image.DUPLICATE).order_by()
    ids = {one for some in chunks(groups) for one in left.filter(group__in=some).values_list("project", flat=True)}
    for project in Project.objects.filter(id__in=ids):
        transaction.on_commit(partial(request_check, project=project), robust=True)


def forget_old_rows() -> None:
    """Delete what can hardly be regretted any more, and all but the newest checks of each project."""
    Step.objects.filter(created__lt=timezone.now() - REGRETTED).delete()
    for project in Project.objects.annotate(number=Count("checks")).filter(number__gt=CHECKS):
        kept = list(project.checks.values_list("id", flat=True)[:CHECKS])
        project.checks.exclude(id__in=kept).exclude(status__in=Job.LIVE).delete()


def accept_suggestion(*, suggestion: Suggestion) -> Image:
    """Give a picture the label that it looks like."""
    move_images(images=[suggestion.image], label=suggestion.label)
    return suggestion.image


def dismiss_suggestion(*, suggestion: Suggestion) -> Image:
    """Say that a picture has the right label; no check suggests another one again."""
    keep_images(images=[suggestion.image])
    return suggestion.image
