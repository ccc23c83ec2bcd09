"""The speed lab of a model: have it measured, watch, choose what is fast enough, use it, go back."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import HttpResponseClientRefresh

from webapp.core.errors import UserError
from webapp.core.toasts import say
from webapp.core.ways_back import way_back
from webapp.projects.rules import EDIT, fetch
from webapp.serving import variants
from webapp.serving.models import Model
from webapp.serving.publish_views import undo_address
from webapp.training.models import Run
from webapp.tuning import services, words
from webapp.tuning.forms import StartForm
from webapp.tuning.lab import Asked, Lab, whole
from webapp.tuning.models import Measurement, Tuning

EARLIER = 5  # tunings that are listed besides the one that is shown
MODELS = Model.objects.select_related("project", "run", "variant").defer(*Run.BIG_OF_RUN)


@never_cache
@require_GET
def speed(request: HttpRequest, model_id: UUID) -> HttpResponse:
    """The speed lab of a model, with its newest tuning or the one that is named."""
    return page(request, fetch(request.user, MODELS, model_id), StartForm())


@require_POST
def start(request: HttpRequest, model_id: UUID) -> HttpResponse:
    """Have a model measured, or what is missing of it; `anew` measures again what is known."""
    model = fetch(request.user, MODELS, model_id, EDIT)
    form = StartForm(request.POST)
    if not form.is_valid():
        return page(request, model, form, status=422)
    services.start(model=model, target_ms=form.cleaned_data["target_ms"], anew="anew" in request.POST)
    return redirect("tuning:speed", model.id)


@never_cache
@require_GET
def progress(request: HttpRequest, tuning_id: UUID) -> HttpResponse:
    """How far a tuning is, for htmx; with the board, table and card where there are new rows, or files of them, and at the end."""
    tuning = fetch(request.user, Tuning, tuning_id)
    if not request.htmx:
        return redirect("tuning:speed", tuning.model_id)
    model = fetch(request.user, MODELS, tuning.model_id)
    tunings = list(model.tunings.all()[: EARLIER + 1])
    lab = lab_of(model, tunings, tunings[tunings.index(tuning)], Asked.of(request.GET)) if tuning in tunings else None  # the one that knows its model
    seen, _colon, counts = request.GET.get("seen", "").partition(":")
    if lab is None or seen != str(lab.tuning_of_rows.id) or counts.startswith("0:") != (not lab.measured):
        return HttpResponseClientRefresh()  # another page than the one that asks
    is_new = bool(lab.measured) and (counts != lab.counts or not tuning.is_live)  # at its end in any case: what could not be used yet can be now
    return render(request, "tuning/_polled.html", context(request, model, lab, []) | {"is_new": is_new})


@require_POST
def cancel(request: HttpRequest, tuning_id: UUID) -> HttpResponse:
    """Stop measuring; what was measured stays."""
    tuning = fetch(request.user, Tuning, tuning_id, EDIT)
    services.cancel(tuning=tuning)
    return redirect("tuning:speed", tuning.model_id)


@require_POST
def use(request: HttpRequest, tuning_id: UUID) -> HttpResponse:
    """Have the model answer as it was packed for a row; the page that comes next offers to take that back."""
    tuning = fetch(request.user, Tuning, tuning_id, EDIT)
    row = tuning.rows.filter(id=whole(request.POST.get("row", ""))).select_related("tuning__model").first()
    if row is None:
        raise UserError(_("Choose one of the ways that were measured, then press again."), code="no_row", field="row")
    done = services.use(measurement=row, by=request.user)
    name = words.way_name(row, row.tuning.model.input_size)
    say(request, _("%(name)s answers from now on.") % {"name": name}, undo=undo_address(request, done))
    return redirect(way_back(request, reverse("tuning:speed", args=[tuning.model_id])))


@require_POST
def back(request: HttpRequest, model_id: UUID) -> HttpResponse:
    """Have the model answer as it was trained."""
    model = fetch(request.user, MODELS, model_id, EDIT)
    done = variants.as_trained(model=model, by=request.user)
    say(request, _("The model answers as it was trained."), undo=undo_address(request, done))
    return redirect(way_back(request, reverse("tuning:speed", args=[model.id])))


def page(request: HttpRequest, model: Model, form: StartForm, status: int = 200) -> HttpResponse:
    tunings = list(model.tunings.all()[: EARLIER + 1])
    named = next((tuning for tuning in tunings if str(tuning.id) == request.GET.get("tuning")), None)
    lab = lab_of(model, tunings, named, Asked.of(request.GET))
    return render(request, "tuning/speed.html", context(request, model, lab, tunings) | {"form": form}, status=status)


def lab_of(model: Model, tunings: list[Tuning], named: Tuning | None, asked: Asked) -> Lab | None:
    """What is shown of a tuning, or of the newest; while it has no times yet, with the rows of the newest before it that has some."""
    if not tunings:
        return None
    tuning = named or tunings[0]
    rows = rows_by_tuning(tunings)
    since = tunings[tunings.index(tuning) :]
    source = next((one for one in since if any(row.status == Measurement.MEASURED for row in rows[one.id])), tuning)
    return Lab(model=model, tuning=tuning, newest=tunings[0], rows_of=source, rows=rows[source.id], asked=asked)


def rows_by_tuning(tunings: list[Tuning]) -> dict[UUID, list[Measurement]]:
    """All rows of some tunings."""
    known = {tuning.id: tuning for tuning in tunings}
    found: dict[UUID, list[Measurement]] = {tuning_id: [] for tuning_id in known}
    for row in Measurement.objects.filter(tuning__in=tunings):
        row.tuning = known[row.tuning_id]  # and with it its model, for which the database is not asked again
        found[row.tuning_id].append(row)
    return found


def context(request: HttpRequest, model: Model, lab: Lab | None, tunings: list[Tuning]) -> dict:
    """What the templates of the lab need."""
    shown = lab and lab.tuning
    earlier = [tuning for tuning in tunings if tuning != shown]
    here = request.htmx.current_url_abs_path if request.htmx else request.get_full_path()
    return {"model": model, "project": model.project, "lab": lab, "earlier": earlier, "here": here}
