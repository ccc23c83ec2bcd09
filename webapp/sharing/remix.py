"""Beginning a project from a shared one: with its labels, and with those of its pictures that its owner and their licences give."""

import uuid
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Count, Q, QuerySet, Sum
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from webapp.accounts.models import User
from webapp.core.errors import UserError
from webapp.images.licenses import BY, BY_SA, NAMES, OWN, PUBLIC
from webapp.images.models import Image
from webapp.images.queries import license_counts, licensed
from webapp.images.space import check_space
from webapp.projects.models import Project
from webapp.projects.rules import listed, shared
from webapp.projects.services import create_project, shortened
from webapp.sharing.models import Remix, Sharing

# What may be passed on, changed, and used by anybody, as long as its maker is named. NC and ND say otherwise, and of the unknown nobody can say.
GIVEN = (OWN, PUBLIC, BY, BY_SA)
SHOWN = 6  # remixes of a project on its play page


@dataclass(frozen=True)
class Offer:
    """What a remix would get: labels at all, and how many pictures of how many that there are."""

    labels: bool
    pictures: int
    all_pictures: int
    size_bytes: int
    groups: tuple[str, ...] = ()

    @property
    def left_out(self) -> int:
        return self.all_pictures - self.pictures


def offer(sharing: Sharing, user: User) -> Offer:
    """What this person may begin with from a shared project; its owner may always, with all pictures."""
    if not may_remix(sharing, user):
        return Offer(False, 0, 0, 0)
    ready = sharing.project.images.filter(status=Image.READY)
    if not may_have_pictures(sharing, user):
        return Offer(True, 0, ready.count(), 0)
    sums = given(sharing, user).aggregate(count=Count("id"), bytes=Sum("size_bytes"))
    groups = tuple(_("Pictures of its owner") if group == OWN else NAMES[group] for group in license_counts(sharing.project) if group in GIVEN)
    return Offer(True, sums["count"], ready.count(), sums["bytes"] or 0, groups)


def may_remix(sharing: Sharing, user: User) -> bool:
    return sharing.allows_remix or owns(sharing, user)


def may_have_pictures(sharing: Sharing, user: User) -> bool:
    return (sharing.allows_remix and sharing.gives_pictures) or owns(sharing, user)


def owns(sharing: Sharing, user: User) -> bool:
    return user.is_authenticated and sharing.project.owner_id == user.id


def given(sharing: Sharing, user: User) -> QuerySet[Image]:
    """The pictures that come along; one query for the licences that there are."""
    if not may_have_pictures(sharing, user):
        return Image.objects.none()
    ready = sharing.project.images.filter(status=Image.READY)
    return ready if owns(sharing, user) else ready.filter(licensed(sharing.project, GIVEN))


@transaction.atomic
def begin(*, sharing: Sharing, owner: User, address: str, with_pictures: str) -> Project:
    """Make a project with the labels of a shared one; `with_pictures` is "yes" when its pictures shall be copied too, by a worker. Raises UserError."""
    offered = offer(sharing, owner)
    if not offered.labels:
        raise UserError(_("The owner of this AI does not allow remixes. Make one of your own with labels like these."), code="no_remix", status=409)
    labels = list(sharing.project.labels.all())
    name = shortened(_("%(name)s, my version") % {"name": sharing.project.name})
    project = create_project(owner=owner, name=name, labels=[label.name for label in labels])
    Sharing.objects.create(project=project, remixed_from=sharing.project)
    if with_pictures == "yes" and offered.pictures:
        check_space(project, offered.size_bytes)
        order(project=project, source=sharing.project, address=address)
    return project


def order(*, project: Project, source: Project, address: str) -> Remix:
    """Have a worker copy the pictures of a project under the labels of the same name."""
    here = {label.key: str(label.id) for label in project.labels.all()}
    pairs = {str(label.id): here[label.key] for label in source.labels.all() if label.key in here}
    return Remix.objects.create(project=project, source=source, labels=pairs, address=address[:500], language=get_language() or "")


def try_again(*, remix: Remix) -> None:
    """Copy what is still missing, after a failure or a stop. Raises UserError when the original is gone."""
    if remix.is_live:
        return
    if remix.source is None:
        raise UserError(_("The original is gone, so there is nothing left to copy."), code="gone", status=409)
    with transaction.atomic():
        Remix.objects.filter(id=remix.id).delete()
        order(project=remix.project, source=remix.source, address=remix.address)


def remixable(remix: Remix) -> Sharing | None:
    """The original, as long as the owner of the copy may see it; asked anew between any two steps, because it may be taken back."""
    rows = Sharing.objects.filter(project=remix.source_id).select_related("project")
    return rows.filter(shared("project__") | Q(project__owner=remix.project.owner_id)).first()


def copied(image: Image, remix: Remix, is_own: bool) -> Image:
    """The row, not yet in the database, of a copy: what was seen in the picture is known, and so is who made it.

    Names of files and words that were searched for are its owner's affair and stay there. What was the owner's own picture names the original,
    and is given to nobody further: the permission was for remixes of that one.
    """
    copy = Image.objects.model(**{field.attname: getattr(image, field.attname) for field in Image._meta.concrete_fields})
    copy.id, copy.project_id, copy.label_id = uuid.uuid4(), remix.project_id, uuid.UUID(remix.labels[str(image.label_id)])
    copy.group = uuid.uuid5(remix.project_id, str(image.group)) if image.group else None
    copy.origin, copy.created = remix.id, None
    if is_own:
        return copy
    copy.name = copy.query = ""
    if image.source == Image.UPLOAD and not image.license:
        copy.source, copy.page_url, copy.title = Image.WEB, remix.address, remix.source.name
        copy.license = _("given for remixes")[:64]
    return copy


def family(sharing: Sharing) -> dict:
    """What strangers may know of where a project comes from and what was made of it: its public `parent`, `children` (the most played first), and whether there are `more`."""
    public = Sharing.objects.filter(listed("project__")).select_related("project")
    parent = public.filter(project=sharing.remixed_from_id).first() if sharing.remixed_from_id else None
    children = list(public.filter(remixed_from=sharing.project_id).order_by("-plays", "project_id")[: SHOWN + 1])
    return {"parent": parent, "children": children[:SHOWN], "more": len(children) > SHOWN}
