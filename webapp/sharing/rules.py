"""The way from a short address to what is shared there, through THE gate."""

from django.utils.translation import gettext as _

from webapp.core.errors import UserError
from webapp.projects.models import Project
from webapp.projects.rules import ASK, SHARED, visible
from webapp.sharing.models import Sharing


def shared_at(person, code: str) -> Sharing:
    """What is shared at a short address, with its project; for its owner and members also while it is private.

    Raises UserError 404, the same when there is nothing and when it is shared no longer.
    """
    sharing = visible(person, Sharing.objects.select_related("project"), ASK).filter(code=code).first()
    if sharing is None:
        raise UserError(_("There is no AI at this address, or it is shared no longer. Ask the person who gave you the link."), code="not_found", status=404)
    return sharing


def is_shared(project: Project) -> bool:
    """Whether strangers may ask it: `projects.rules.shared` of a row that is here."""
    return project.visibility in SHARED and project.hidden is None


def is_listed(project: Project) -> bool:
    """Whether strangers may find it, and so be led to its address: `projects.rules.listed` of a row that is here."""
    return project.visibility == "public" and is_shared(project)
