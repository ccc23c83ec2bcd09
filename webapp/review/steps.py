"""Taking changes of pictures back: how each picture stood before is kept for as many steps as somebody is likely to regret."""

from uuid import UUID

from django.db import transaction

from webapp.accounts.models import User
from webapp.images.models import Image
from webapp.images.services import chunks, restore, standing
from webapp.projects.models import Project
from webapp.review.models import Step

KEPT = 50  # steps of one person in one project


def find(project: Project, ids: list[UUID]) -> list[Image]:
    """Those of the pictures that are in the project, each with its label and what it looks like."""
    rows = project.images.select_related("label", "suggestion__label")
    return [image for some in chunks(list(dict.fromkeys(ids))) for image in rows.filter(id__in=some)]


def remember(*, step_id: UUID, project: Project, user: User, images: list[Image]) -> Step:
    """Keep how pictures stand now; raises IntegrityError when there is a step of that id."""
    step = Step.objects.create(id=step_id, project=project, user=user, before=standing(images))
    old = list(project.steps.filter(user=user).values_list("id", flat=True)[KEPT:])
    if old:
        Step.objects.filter(id__in=old).delete()
    return step


@transaction.atomic
def take_back(*, step: Step) -> list[Image]:
    """Put the pictures of a step back to where they stood before it; gives those that are still there."""
    images = find(step.project, [UUID(one) for line in step.before for one in line[-1]])
    restore(images=images, before=step.before)
    step.delete()
    return images
