"""The queue as a person sees it: their own trainings, and how many of others are around them, without a word about whose."""

from dataclasses import dataclass
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from webapp.projects.rules import fetch, visible
from webapp.training import queue
from webapp.training.models import Run

STOP_POLLING = 286  # htmx asks no more after this answer


@dataclass
class Line:
    """A line of the page: one training of the person's own, or some of other people in a row. Of those no more is known here than shows."""

    run: Run | None = None
    place: queue.Place | None = None
    count: int = 0
    first: int = 0
    worker: str = ""
    device: str = ""

    @property
    def last(self) -> int:
        return self.first + self.count - 1


@never_cache
@require_GET
def show(request: HttpRequest) -> HttpResponse:
    """The whole queue; for htmx the part that changes."""
    now = queue.now()
    mine = own_ids(request.user)
    values = {
        "running": [running_line(run, mine) for run in now.running],
        "waiting": waiting_lines(now.waiting, mine),
        "counts": {"running": len(now.running), "waiting": len(now.waiting), "at_once": now.at_once},
        "mine": {"running": sum(run.id in mine for run in now.running), "waiting": sum(place.run.id in mine for place in now.waiting)},
        "next": next((place for place in now.waiting if place.run.id in mine), None),
    }
    return render(request, "training/_queue.html" if request.htmx else "training/queue.html", values)


@never_cache
@require_GET
def place(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Where a run stands in line: a part of its page, as long as it waits."""
    run = fetch(request.user, Run.objects.defer(*Run.BIG), run_id)
    if not request.htmx:
        return redirect("training:run", run.id)
    status = 200 if run.status == Run.QUEUED else STOP_POLLING
    return render(request, "training/_place.html", {"run": run, "place": queue.place_of(run)}, status=status)


def own_ids(user) -> set[UUID]:
    """The live runs that this person may see."""
    return set(visible(user, Run).filter(status__in=Run.LIVE).order_by().values_list("id", flat=True))


def running_line(run: Run, mine: set[UUID]) -> Line:
    """A training that is at work, with its machine; of other people's only the machine."""
    return Line(run=run if run.id in mine else None, count=1, worker=run.worker, device=run.device)


def waiting_lines(places: list[queue.Place], mine: set[UUID]) -> list[Line]:
    """The line, with other people's trainings that follow each other as one."""
    lines: list[Line] = []
    for place in places:
        if place.run.id in mine:
            lines.append(Line(run=place.run, place=place, count=1, first=place.position))
        elif lines and lines[-1].run is None:
            lines[-1].count += 1
        else:
            lines.append(Line(count=1, first=place.position))
    return lines
