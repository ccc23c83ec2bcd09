"""Reads of the speed lab with a name."""

from django.db.models import QuerySet

from webapp.serving.models import Model
from webapp.tuning.models import Measurement, Tuning


def latest(model: Model) -> Tuning | None:
    """The newest tuning of a model, whatever became of it."""
    return Tuning.objects.filter(model=model).first()


def measured(tuning: Tuning) -> list[Measurement]:
    """What a tuning has measured so far, the fastest first."""
    return list(tuning.rows.filter(status=Measurement.MEASURED))


def refused(tuning: Tuning) -> list[Measurement]:
    """What could not be made or measured, with the reasons."""
    return list(tuning.rows.filter(status=Measurement.REFUSED))


def remembered(tuning: Tuning) -> list[Measurement]:
    """What earlier tunings of the same model measured on machines like this one with the same pictures, each way once, the newest first."""
    rows = alike(tuning).filter(tuning__created__lt=tuning.created, status=Measurement.MEASURED)
    found: dict[tuple, Measurement] = {}
    for row in rows.select_related("tuning").order_by("-tuning__created", "-id"):
        found.setdefault((row.engine, row.precision, row.input_size, row.threads), row)
    return list(found.values())


def alike(tuning: Tuning) -> QuerySet[Measurement]:
    """Rows of the same model that may stand beside those of a tuning: on such a machine, about the same pictures."""
    return Measurement.objects.filter(tuning__model=tuning.model_id, tuning__machine_key=tuning.machine_key, tuning__digest=tuning.digest)
