"""What happens to projects and labels. Who may do it was asked before, in `rules`."""

from functools import partial

from django.db import transaction
from django.dispatch import Signal
from django.utils.translation import gettext as _

from webapp.accounts.models import User
from webapp.core import store
from webapp.core.again import again
from webapp.core.errors import UserError
from webapp.projects.models import NAME_LENGTH, Label, Project
from webapp.projects.names import by_key, clean_name, key_of

MOST_LABELS = 500
MOST_PROJECTS = 500
CHANGEABLE = {"name", "description", "visibility", "publishing"}

deleting = Signal()  # sent with `project` before it goes, in its transaction: rooms that keep files elsewhere have them deleted on commit


@again
@transaction.atomic
def create_project(*, owner: User, name: str = "", labels: list[str]) -> Project:
    """Make a project with its labels; without a name it is called by its labels. Raises UserError."""
    if owner.projects.count() >= MOST_PROJECTS:
        raise UserError(_("You have %(count)d AIs. Delete one that you no longer need first.") % {"count": MOST_PROJECTS}, code="too_many_projects", status=409)
    names = [clean_name(label) for label in labels]
    title = clean_name(name) if name.strip() else ", ".join(names)
    if not title:
        raise UserError(_("Type at least one label, such as: cat, dog."), code="empty_name", field="labels")
    project = Project.objects.create(owner=owner, name=shortened(title))
    add_labels(project=project, names=names)
    return project


def shortened(title: str) -> str:
    return title if len(title) <= NAME_LENGTH else title[: NAME_LENGTH - 1] + "…"


def update_project(*, project: Project, **values: str) -> Project:
    """Change name, description, visibility or publishing; raises UserError for nonsense."""
    if unknown := set(values) - CHANGEABLE:
        raise TypeError(f"a project has no changeable {', '.join(sorted(unknown))}")
    if "name" in values:
        values["name"] = clean_name(values["name"])
    if len(values.get("description", "")) > 2000:
        raise UserError(_("A description has at most 2,000 characters. Please shorten it."), code="description_too_long", field="description")
    if values.get("visibility", "private") not in dict(Project.VISIBILITIES):
        raise UserError(_("Visibility is private, unlisted or public."), code="unknown_visibility", field="visibility")
    if values.get("publishing", "always") not in dict(Project.PUBLISHINGS):
        raise UserError(_("A new model is put in use always, better (only when it is) or never."), code="unknown_publishing", field="publishing")
    for name, value in values.items():
        setattr(project, name, value.replace("\0", ""))
    project.save(update_fields=list(values))
    return project


@again
def delete_project(*, project: Project) -> None:
    """Delete a project with all that is in it; its files go when the database has agreed."""
    folder = f"projects/{project.id}"
    with transaction.atomic():
        deleting.send(Project, project=project)
        project.delete()
        transaction.on_commit(partial(store.delete_folder, folder), robust=True)


@again
@transaction.atomic
def add_labels(*, project: Project, names: list[str]) -> list[Label]:
    """The labels of these names, made where they are not there yet; raises UserError when a project would have too many."""
    wanted = by_key(names)
    lock(project.id)
    there = {label.key: label for label in project.labels.all()}
    new = [(key, name) for key, name in wanted.items() if key not in there]
    if len(there) + len(new) > MOST_LABELS:
        raise UserError(_("An AI has at most %(count)d labels.") % {"count": MOST_LABELS}, code="too_many_labels", field="labels")
    start = 1 + max((label.position for label in there.values()), default=-1)
    made = Label.objects.bulk_create(Label(project=project, name=name, key=key, position=start + n) for n, (key, name) in enumerate(new))
    there |= {label.key: label for label in made}
    return [there[key] for key in wanted]


def lock(project_id) -> None:
    """Let nobody else change the labels of a project in this transaction (SQLite locks whole transactions by itself)."""
    Project.objects.select_for_update().filter(id=project_id).first()


@again
@transaction.atomic
def rename_label(*, label: Label, name: str) -> Label:
    """Give a label another name; raises UserError 409 when the project has a label of that name."""
    name = clean_name(name)
    key = key_of(name)
    lock(label.project_id)
    if Label.objects.filter(project=label.project_id, key=key).exclude(id=label.id).exists():
        raise UserError(_("There is a label “%(name)s” already. Merge the two, or choose another name.") % {"name": name}, code="label_exists", status=409, field="name")
    label.name, label.key = name, key
    label.save(update_fields=["name", "key"])
    return label


@again
def remove_label(*, label: Label) -> None:
    """Delete a label with its pictures; their files go when the database has agreed."""
    with transaction.atomic():
        project, images = label.project, list(label.images.all())
        label.delete()
        transaction.on_commit(partial(delete_files, project, images), robust=True)


def delete_files(project: Project, images: list) -> None:
    """Delete the files of pictures that are gone, but not of one that has come in again since."""
    back = set(project.images.filter(sha256__in=[image.sha256 for image in images]).values_list("sha256", flat=True))
    for image in images:
        if image.sha256 not in back:
            store.delete(image.file_name)
            store.delete(image.thumb_name)


@again
@transaction.atomic
def merge_labels(*, label: Label, into: Label) -> Label:
    """Give the pictures of a label, and what is still coming in for it, to another label of the same project; the label ends."""
    if label.project_id != into.project_id or label.id == into.id:
        raise UserError(_("Choose another label of the same AI to merge with."), code="cannot_merge", field="into")
    for rows in (label.images, label.uploads, label.transfers, label.collections):
        rows.update(label=into)
    label.delete()
    return into
