"""Whether a project has enough to learn from, and which of its labels a run uses."""

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from trainer.manifest import MIN_LABELS, MIN_PICTURES
from webapp.core.errors import UserError
from webapp.projects.models import Label, Project
from webapp.projects.queries import with_counts

NAMED = 5  # labels that one sentence names


def counted(project: Project) -> QuerySet[Label]:
    """The labels of a project with `image_count`: how many pictures of each can be learned from."""
    return with_counts(project.labels.all())


def used(project: Project) -> list[Label]:
    """The labels that a run would learn: those that have pictures."""
    return [label for label in counted(project) if label.image_count]


def left_out(labels: list[Label]) -> list[Label]:
    """Those of the labels of a project, `counted`, that a run would leave out, because they have no pictures yet."""
    return [label for label in labels if not label.image_count]


def missing(labels: list[Label]) -> UserError | None:
    """What is missing before a run can start with these labels, `counted`, as a sentence with the next step; None when all is there."""
    learned = [label for label in labels if label.image_count]
    if len(labels) < MIN_LABELS:
        return too_little("too_few_labels", _("Training needs at least two labels, to have something to tell apart. Add another label and pictures of it."))
    if len(learned) < MIN_LABELS:
        empty = quoted([label.name for label in labels if not label.image_count])
        message = _("Training needs pictures of at least two labels. There are none yet of %(labels)s: add at least %(count)d of each.")
        return too_little("too_few_pictures", message % {"labels": empty, "count": MIN_PICTURES})
    few = [label for label in learned if label.image_count < MIN_PICTURES]
    return too_few(few) if few else None


def too_few(labels: list[Label]) -> UserError:
    """The error that names labels with too few pictures and how many each has."""
    parts = [_("“%(name)s” has %(count)d") % {"name": label.name, "count": label.image_count} for label in labels]
    listed = ", ".join(parts[:NAMED]) + (", …" if len(parts) > NAMED else "")
    message = _("Every label needs at least %(needed)d pictures: %(labels)s. Add pictures, or remove the label.")
    return too_little("too_few_pictures", message % {"needed": MIN_PICTURES, "labels": listed}, {label.name: label.image_count for label in labels})


def too_little(code: str, message: str, labels: dict | None = None) -> UserError:
    return UserError(message, code=code, details={"labels": labels} if labels else None)


def quoted(names: list[str]) -> str:
    return ", ".join(f"“{name}”" for name in names[:NAMED]) + (", …" if len(names) > NAMED else "")
