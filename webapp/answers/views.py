"""The answers that a project keeps."""

from uuid import UUID

from django.core.paginator import Paginator
from django.db.models import Prefetch, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from webapp.answers import keeping, table
from webapp.answers.forms import FilterForm
from webapp.answers.models import Answer, Correction
from webapp.core.errors import UserError
from webapp.core.sending import ASKING, Parcel, send
from webapp.core.toasts import say
from webapp.projects.models import Project
from webapp.projects.rules import EDIT, OWN, editable, fetch
from webapp.training.models import Run

PAGE = 48


@never_cache
@require_GET
def answers(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """The kept answers, newest first, and how to choose among them."""
    project = fetch(request.user, Project.objects.annotate(may=editable(request.user, Project)), project_id)
    labels = list(project.labels.values_list("name", flat=True))
    form = filters(request, project, labels)
    rows = Paginator(form.apply(with_facts(keeping.current(project))), PAGE).get_page(request.GET.get("page"))
    context = {
        "project": project,
        "form": form,
        "rows": rows,
        "query": query(request),
        "labels": labels,
        "may": project.may,
        "owns": project.owner_id == request.user.id,
    }
    return render(request, "answers/answers.html", context)


@require_GET
def csv(request: HttpRequest, project_id: UUID) -> StreamingHttpResponse:
    """The same answers as a CSV file."""
    project = fetch(request.user, Project, project_id)
    rows = filters(request, project, list(project.labels.values_list("name", flat=True))).apply(with_facts(keeping.current(project)))
    answer = StreamingHttpResponse(table.lines(rows.iterator(500)), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="answers.csv"'
    answer["Cache-Control"] = "private, no-cache"
    return answer


@require_GET
def picture(request: HttpRequest, answer_id: UUID) -> HttpResponseBase:
    """The picture that was asked about; one that was deleted is seen no more."""
    return send(request, Parcel(kept(request, answer_id).file_name, "image/jpeg", ASKING))


@require_POST
def keep(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Choose for how many days answers are kept (`days`; empty: not at all). What is older, or all, goes at once."""
    project = fetch(request.user, Project, project_id, OWN)
    text = request.POST.get("days", "")
    if text and not text.isdecimal():
        raise UserError(_("Choose one of the times that are offered."), code="unknown_days", field="days")
    gone = keeping.set_days(project=project, days=int(text) if text else None)
    said = _("Answers are kept from now on.") if project.answers_days else _("No answers are kept from now on.")
    say(request, f"{said} {deleted(gone)}".strip() if gone else said)
    return redirect("projects:settings", project.id)


@require_POST
def delete_all(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Delete all answers that a project keeps; more may come."""
    project = fetch(request.user, Project, project_id, EDIT)
    gone = keeping.delete(Answer.objects.filter(project=project))
    say(request, deleted(gone))
    return redirect("answers:answers", project.id)


@require_POST
def delete(request: HttpRequest, answer_id: UUID) -> HttpResponse:
    """Delete one answer."""
    answer = kept(request, answer_id, EDIT)
    keeping.delete(Answer.objects.filter(id=answer.id))
    if request.htmx:
        return HttpResponse("")
    say(request, deleted(1))
    return redirect("answers:answers", answer.project_id)


def kept(request: HttpRequest, answer_id: UUID, need: str = "view") -> Answer:
    """An answer that this person may see and whose time is not over, else 404."""
    answer = fetch(request.user, Answer.objects.select_related("project"), answer_id, need)
    if not keeping.current(answer.project).filter(id=answer.id).exists():
        raise Http404
    return answer


def filters(request: HttpRequest, project: Project, labels: list[str]) -> FilterForm:
    """The form of the filters with what is chosen, and every label that the project has or that was answered."""
    names = [*labels, *keeping.current(project).order_by("best").values_list("best", flat=True).distinct()]
    return FilterForm(request.GET, list(dict.fromkeys(names)))


def with_facts(rows: QuerySet[Answer]) -> QuerySet[Answer]:
    """Answers with what a line shows of them."""
    corrections = Correction.objects.filter(undone=None)
    rows = rows.select_related("model__run").defer(*(f"model__{name}" for name in Run.BIG_OF_RUN))
    return rows.prefetch_related(Prefetch("corrections", corrections))


def query(request: HttpRequest) -> str:
    """The filters of the address, without the page."""
    values = request.GET.copy()
    values.pop("page", None)
    return values.urlencode()


def deleted(count: int) -> str:
    return ngettext("Deleted %(count)d kept answer with its picture.", "Deleted %(count)d kept answers with their pictures.", count) % {"count": count}
