from django.http import HttpRequest
from ninja import Router

from webapp.api.answers import polled, stamp
from webapp.api.resources.run_shapes import QueueOut
from webapp.training import queue
from webapp.training.models import Run
from webapp.training.queue_views import own_ids

router = Router(tags=["Runs"])


@router.get("/queue", response=QueueOut)
def get_queue(request: HttpRequest):
    """Your runs that wait or are at work, in order, and how many there are in all. People take turns; other people's runs are counted and no more."""
    now, mine = queue.now(), own_ids(request.auth)
    items = [shown(run) for run in now.running if run.id in mine] + [shown(place.run, place) for place in now.waiting if place.run.id in mine]
    return polled(request, {"at_once": now.at_once, "running": len(now.running), "waiting": len(now.waiting), "items": items})


def shown(run: Run, place: queue.Place | None = None) -> dict:
    return {
        "run_id": str(run.id),
        "project_id": str(run.project_id),
        "number": run.number,
        "status": run.status,
        "stage": run.stage,
        "eta_seconds": run.eta_seconds,
        "worker": run.worker,
        "device": run.device,
        **placed(place),
    }


def placed(place: queue.Place | None) -> dict:
    """Where a run stands in line and when it is likely to start; None for both when it does not wait."""
    return {"position": place.position if place else None, "expected_start": stamp(place.start) if place else None}
