"""THE permission gate. Every door (page, API, socket, file) fetches rows through `fetch` or `visible`; what is not yours is not there (404)."""

from typing import TypeVar

from django.db import models
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import Http404

from webapp.projects.models import Project

# Members may view and edit; only the owner may delete the project, share it or change members. Whoever may view may ask, and everybody may ask what is shared.
VIEW, EDIT, OWN, ASK = "view", "edit", "own", "ask"
SHARED = ("unlisted", "public")
Row = TypeVar("Row", bound=models.Model)


def visible(user, model: type[Row] | QuerySet, need: str = VIEW) -> QuerySet:
    """The rows of a model (Project, or anything with a `project`) on which this person may do what is needed; none for an anonymous one.

    To ask (ASK) is allowed to everybody where a project is shared. Fetch only projects and published models for it: pictures, runs and people of a shared project stay its own.
    """
    rows = model if isinstance(model, QuerySet) else model._default_manager.all()
    path = "" if rows.model is Project else "project__"
    if need == ASK:
        return rows.filter(within(user, path, askable(user, path) | belonging(user, path, VIEW)))
    return rows.filter(within(user, path, belonging(user, path, need)))


def within(user, path: str, allowed: Q) -> Q:
    """What is allowed, cut to the one project of a key where it is a key that asks."""
    only = getattr(user, "only_project", None)  # nobody has none
    return allowed & Q(**{f"{path}id": only}) if only else allowed


def askable(user, path: str) -> Q:
    """What a person may ask without belonging to it; an admin of the site also what was hidden: somebody has to look whether it may be seen again."""
    is_admin = user.is_authenticated and user.is_active and user.is_staff
    return Q(**{f"{path}visibility__in": SHARED}) if is_admin else shared(path)


def shared(path: str) -> Q:
    """What everybody may ask: the project at this path of lookups is shared, and no admin has hidden it."""
    return Q(**{f"{path}visibility__in": SHARED, f"{path}hidden": None})


def listed(path: str) -> Q:
    """What everybody may find: the project at this path of lookups is public, and no admin has hidden it."""
    return Q(**{f"{path}visibility": "public", f"{path}hidden": None})


def belonging(user, path: str, need: str) -> Q:
    """What a person owns or works on."""
    if not user.is_authenticated or not user.is_active:
        return Q(pk__in=[])
    mine = Q(**{f"{path}owner": user})
    if need != OWN:
        # A subquery, not a join: a join would repeat a project once for each of its members.
        mine |= Q(**{f"{path}id__in": Project.objects.filter(members__user=user).values("id")})
    return mine


def fetch(user, model: type[Row] | QuerySet, row_id, need: str = VIEW) -> Row:
    """One row by id, or Http404 exactly as when it does not exist."""
    row = visible(user, model, need).filter(id=row_id).first()
    if row is None:
        raise Http404
    return row


def may_edit(user, project: Project) -> bool:
    """Whether a person may change a project; of its owner the database is not asked."""
    if project.owner_id == user.id and user.is_active and not user.only_project:
        return True
    return visible(user, Project, EDIT).filter(id=project.id).exists()


def editable(user, model: type[models.Model]) -> Exists:
    """The same as a column of the rows of a model: pages ask for everything at once."""
    return Exists(visible(user, model, EDIT).filter(id=OuterRef("id")))
