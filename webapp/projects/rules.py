"""THE permission gate. Every door (page, API, socket, file) fetches rows through `fetch` or `visible`; what is not yours is not there (404)."""

from typing import TypeVar

from django.db import models
from django.db.models import Q, QuerySet
from django.http import Http404

from webapp.projects.models import Project

VIEW, EDIT, OWN = "view", "edit", "own"  # members may view and edit; only the owner may delete the project, share it or change members
Row = TypeVar("Row", bound=models.Model)


def visible(user, model: type[Row] | QuerySet, need: str = VIEW) -> QuerySet:
    """The rows of a model (Project, or anything with a `project`) on which this person may do what is needed; none for an anonymous one."""
    rows = model if isinstance(model, QuerySet) else model._default_manager.all()
    if not user.is_authenticated or not user.is_active:
        return rows.none()
    path = "" if rows.model is Project else "project__"
    mine = Q(**{f"{path}owner": user})
    if need == OWN:
        return rows.filter(mine)
    # A subquery, not a join: a join would repeat a project once for each of its members.
    shared = Project.objects.filter(members__user=user).values("id")
    return rows.filter(mine | Q(**{f"{path}id__in" if path else "id__in": shared}))


def fetch(user, model: type[Row] | QuerySet, row_id, need: str = VIEW) -> Row:
    """One row by id, or Http404 exactly as when it does not exist."""
    row = visible(user, model, need).filter(id=row_id).first()
    if row is None:
        raise Http404
    return row
