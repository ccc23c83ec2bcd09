"""Reports about shared projects, and what an admin of the site does about them: settle them, hide a project with a reason, show it again."""

from dataclasses import dataclass

from django.db import transaction
from django.db.models import Count, Max, Q, QuerySet
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _

from webapp.accounts.models import User
from webapp.core.errors import UserError
from webapp.projects.models import Project
from webapp.sharing.models import Hiding, Report
from webapp.sharing.rules import is_shared

MOST_WORDS = 1000
LISTED = 50  # projects on the page of an admin, and reports of each
LISTED_REPORTS = 20


@dataclass(frozen=True)
class Case:
    """A project that an admin should look at: its open reports, the newest first, and its hiding, if it is hidden."""

    project: Project
    reports: list[Report]
    hiding: Hiding | None


def report(*, project: Project, reason: str, words: str) -> Report:
    """Tell whoever runs the site that something is wrong with a shared project. Raises UserError."""
    if not is_shared(project):
        raise UserError(_("Only you and its members see this AI, so there is nothing to report."), code="not_shared", status=409)
    return Report.objects.create(project=project, reason=known(reason), words=plain(words))


def hide(*, project: Project, reason: str, words: str, by: User) -> Hiding:
    """Keep a project from all strangers at once, and settle what was reported of it. Raises UserError."""
    reason, words = known(reason), plain(words)
    with transaction.atomic():
        if not Project.objects.filter(id=project.id, hidden=None).update(hidden=Now()):
            raise UserError(_("This AI is hidden already."), code="hidden", status=409)
        settle(project=project, by=by)
        return Hiding.objects.create(project=project, reason=reason, words=words, by=by)


@transaction.atomic
def unhide(*, project: Project, by: User) -> None:
    """Let a project be seen again, as far as its owner shares it; what was reported of it is settled."""
    Project.objects.filter(id=project.id).update(hidden=None)
    project.hidings.filter(lifted=None).update(lifted=Now())
    settle(project=project, by=by)


def settle(*, project: Project, by: User) -> int:
    """Call the open reports of a project done; how many there were."""
    return project.reports.filter(settled=None).update(settled=Now(), settled_by=by)


def ask_again(*, project: Project) -> None:
    """The owner of a hidden project has changed it, and asks for another look. Raises UserError."""
    if not project.hidings.filter(lifted=None).update(asked_again=timezone.now()):
        raise UserError(_("This AI is not hidden."), code="not_hidden", status=409)


def hiding_of(project: Project) -> Hiding | None:
    """Why a project is hidden; None where it is not."""
    return project.hidings.filter(lifted=None).first() if project.hidden else None


def known(reason: str) -> str:
    """A reason that there is; raises UserError."""
    if reason not in dict(Report.REASONS):
        raise UserError(_("Choose what is wrong with it."), field="reason")
    return reason


def plain(words: str) -> str:
    """What somebody wrote, as it is kept; raises UserError when it is too long."""
    words = words.replace("\0", "").strip()
    if len(words) > MOST_WORDS:
        raise UserError(_("Say it in at most %(count)s characters.") % {"count": f"{MOST_WORDS:,}"}, field="words")
    return words


def waiting() -> QuerySet[Project]:
    """Projects with open reports, or whose owners ask for another look, the longest silent last."""
    is_open, is_asked = Q(reports__settled=None, reports__isnull=False), Q(hidings__lifted=None, hidings__asked_again__isnull=False)
    rows = Project.objects.filter(is_open | is_asked, visibility__in=("unlisted", "public"))
    return rows.annotate(newest=Max("reports__created")).order_by("-newest", "id")


def hidden() -> QuerySet[Project]:
    """Projects that are hidden now, the latest first."""
    return Project.objects.exclude(hidden=None).order_by("-hidden", "id")


def cases(projects: QuerySet[Project]) -> list[Case]:
    """The first of these projects with their open reports; four queries, however many there are."""
    rows = list(projects.select_related("sharing", "owner").prefetch_related("labels")[:LISTED])
    reports, hidings = {}, {}
    for row in Report.objects.filter(project__in=rows, settled=None):
        reports.setdefault(row.project_id, []).append(row)
    for hiding in Hiding.objects.filter(project__in=rows, lifted=None).order_by("created"):
        hidings[hiding.project_id] = hiding
    return [Case(row, reports.get(row.id, []), hidings.get(row.id)) for row in rows]


def open_count() -> int:
    """How many projects an admin has not looked at yet."""
    return waiting().aggregate(count=Count("id", distinct=True))["count"]
