"""Reporting a shared AI, without an account; and the page of whoever runs the site, where reports are looked at."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from webapp.accounts.staff import for_staff
from webapp.core.errors import UserError
from webapp.core.limits import client_address, spend
from webapp.core.toasts import say
from webapp.projects.models import Project
from webapp.projects.rules import OWN, fetch
from webapp.sharing import reports
from webapp.sharing.models import Report
from webapp.sharing.rules import shared_at


@never_cache
@require_http_methods(["GET", "POST"])
def report(request: HttpRequest, code: str) -> HttpResponse:
    """Say what is wrong with a shared AI."""
    sharing = shared_at(request.user, code)
    values = {"sharing": sharing, "project": sharing.project, "reasons": Report.REASONS, "typed": request.POST}
    if request.method == "GET":
        return render(request, "sharing/report.html", values)
    try:
        reports.plain(request.POST.get("words", ""))  # what is refused is not counted
        reports.known(request.POST.get("reason", ""))
        spend("report", client_address(request))
        reports.report(project=sharing.project, reason=request.POST.get("reason", ""), words=request.POST.get("words", ""))
    except UserError as error:
        return render(request, "sharing/report.html", values | {"error": error}, status=error.status)
    say(request, _("Thank you. A person will look at it."))
    return redirect("sharing:play", code)


@never_cache
@require_GET
@for_staff
def listed(request: HttpRequest) -> HttpResponse:
    """The AIs that were reported, or those that are hidden."""
    is_hidden = request.GET.get("show") == "hidden"
    projects = reports.hidden() if is_hidden else reports.waiting()
    return render(request, "sharing/reports.html", {"cases": reports.cases(projects), "is_hidden": is_hidden, "reasons": Report.REASONS})


@require_POST
@for_staff
def hide(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Hide an AI from all strangers, with a reason that its owner reads."""
    project = get_object_or_404(Project, id=project_id)
    reports.hide(project=project, reason=request.POST.get("reason", ""), words=request.POST.get("words", ""), by=request.user)
    say(request, _("“%(name)s” is hidden, and its owner reads why.") % {"name": project.name})
    return redirect("sharing:reports")


@require_POST
@for_staff
def unhide(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Show a hidden AI again."""
    project = get_object_or_404(Project, id=project_id)
    reports.unhide(project=project, by=request.user)
    say(request, _("“%(name)s” can be seen again, as far as its owner shares it.") % {"name": project.name})
    return redirect("sharing:reports")


@require_POST
@for_staff
def settle(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Nothing is wrong with it: its reports are done."""
    project = get_object_or_404(Project, id=project_id)
    reports.settle(project=project, by=request.user)
    say(request, _("The reports about “%(name)s” are settled.") % {"name": project.name})
    return redirect("sharing:reports")


@require_POST
def ask_again(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """The owner of a hidden AI asks for another look."""
    project = fetch(request.user, Project, project_id, OWN)
    reports.ask_again(project=project)
    say(request, _("Whoever runs this site is asked to look again."))
    return redirect("images:project", project.id)
