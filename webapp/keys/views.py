"""The pages of keys: those of a project, and one of them with its use. A key itself is in one answer only, that which made it."""

from datetime import timedelta
from uuid import UUID

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from webapp.core.errors import UserError
from webapp.core.toasts import say
from webapp.keys import services
from webapp.keys.charts import chart_of
from webapp.keys.forms import KeyForm, NewKeyForm, RotateForm, form_of
from webapp.keys.models import Key
from webapp.keys.usage import by_day, by_key
from webapp.projects.models import Project
from webapp.projects.rules import EDIT, fetch

LISTED = 100  # keys of a project, those that can be used first


@never_cache
@require_http_methods(["GET", "POST"])
def keys(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """The keys of a project with their use; POST makes one and shows it in the answer, the only time it is known in plain."""
    project = fetch(request.user, Project, project_id, EDIT)
    if request.method == "GET":
        return list_page(request, project, NewKeyForm())
    form = NewKeyForm(request.POST)
    if not form.is_valid():
        return list_page(request, project, form, status=422)
    try:
        _key, plain = services.create_key(project=project, user=request.user, **form.values())
    except UserError as error:
        return list_page(request, project, refused(form, error), status=error.status)
    return list_page(request, project, NewKeyForm(), plain=plain)


@never_cache
@require_http_methods(["GET", "POST"])
def key(request: HttpRequest, key_id: UUID) -> HttpResponse:
    """One key with its use; POST changes what it may."""
    row = fetch(request.user, Key.objects.select_related("project", "user"), key_id, EDIT)
    if request.method == "GET":
        return key_page(request, row, form_of(row))
    form = KeyForm(request.POST)
    if not form.is_valid():
        return key_page(request, row, form, status=422)
    try:
        services.change_key(key=row, **form.values())
    except UserError as error:
        return key_page(request, row, refused(form, error), status=error.status)
    say(request, _("Saved. It counts from the next call on."))
    return redirect("keys:key", row.id)


@never_cache
@require_POST
def rotate(request: HttpRequest, key_id: UUID) -> HttpResponse:
    """Make the successor of a key and show it, as `keys` does."""
    old = fetch(request.user, Key.objects.select_related("project"), key_id, EDIT)
    form = RotateForm(request.POST)
    if not form.is_valid():
        raise UserError(_("Choose how long the old key goes on."), field="hours")
    _new, plain = services.rotate_key(key=old, user=request.user, overlap=timedelta(hours=int(form.cleaned_data["hours"])))
    old.refresh_from_db()
    return list_page(request, old.project, NewKeyForm(), plain=plain, old=old)


@require_POST
def revoke(request: HttpRequest, key_id: UUID) -> HttpResponse:
    """End a key at once."""
    row = fetch(request.user, Key.objects.select_related("project"), key_id, EDIT)
    services.revoke_key(key=row)
    say(request, _("%(name)s can no longer use the API.") % {"name": row.name})
    return redirect("keys:keys", row.project_id)


def refused(form: forms.Form, error: UserError) -> forms.Form:
    """The form with what the service says about it."""
    form.add_error(error.field if error.field in form.fields else None, str(error))
    return form


def list_page(request: HttpRequest, project: Project, form: NewKeyForm, *, plain: str = "", old: Key | None = None, status: int = 200) -> HttpResponse:
    used = by_key(project)
    rows = sorted(project.keys.select_related("user")[:LISTED], key=lambda row: not row.is_living)  # newest first otherwise
    days = by_day(project.keys.all()) if used else []
    context = {"project": project, "form": form, "plain": plain, "old": old, "keys": [(row, used.get(row.id)) for row in rows], "days": days, "chart": chart_of(days)}
    return render(request, "keys/keys.html", context, status=status)


def key_page(request: HttpRequest, row: Key, form: KeyForm, *, status: int = 200) -> HttpResponse:
    days = by_day([row])
    context = {"project": row.project, "key": row, "form": form, "rotation": RotateForm(), "days": days, "chart": chart_of(days)}
    return render(request, "keys/key.html", context, status=status)
