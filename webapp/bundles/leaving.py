"""When ZIPs of models go: with pictures that were taken out of a model, and when nobody has any more use for them."""

from collections.abc import Callable
from datetime import timedelta

from django.db.models import F
from django.utils import timezone

from webapp.bundles.models import Packing
from webapp.bundles.services import discard
from webapp.serving.models import Model

KEPT = timedelta(days=30)  # then a ZIP is made anew for whoever asks: models are many, and disks are not


def pictures_forgotten(model: Model, **_signal) -> None:
    """Golden pictures are to be in no copy of a model any more: finished ZIPs go, those being made begin anew, without them."""
    rows = Packing.objects.filter(model=model.id)
    # Whoever makes one now loses it by the fence, before it could be given to anybody.
    rows.filter(status=Packing.RUNNING).update(status=Packing.QUEUED, fence=F("fence") + 1, attempts=0, lease_until=None, hinted=None)
    discard(rows.exclude(status__in=Packing.LIVE).select_related("model"))


def sweep(check: Callable[[], None], **_signal) -> int:
    """Let go of what is over for long; how many ZIPs that were."""
    old = list(Packing.objects.filter(finished__lt=timezone.now() - KEPT).select_related("model"))
    check()
    discard(old)
    return sum(packing.status == Packing.DONE for packing in old)
