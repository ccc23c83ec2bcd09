"""Which measured way to pack a model is the best for a person, and what it gives up against the model as it was trained."""

from collections.abc import Iterable

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from trainer.variants import FP32, ONNXRUNTIME, OPENVINO
from webapp.serving.models import Model
from webapp.tuning.models import Measurement

SERVED = (ONNXRUNTIME, OPENVINO)  # engines that may answer; PyTorch would fill a web process and is measured for comparison
POINT = 0.01  # of accuracy that most people give for speed without asking
NOTABLE = 1.2  # so many times as much memory, disk or time is worth a sentence


def measured(rows: Iterable[Measurement]) -> list[Measurement]:
    """Those that could be measured."""
    return [row for row in rows if row.status == Measurement.MEASURED]


def eligible(rows: Iterable[Measurement]) -> list[Measurement]:
    """Those that may answer for a project."""
    return [row for row in measured(rows) if row.engine in SERVED]


def chosen(rows: Iterable[Measurement], target_ms: float | None) -> Measurement | None:
    """The most accurate that answers within so many milliseconds, of equally accurate ones the faster; None when none is so fast.

    Where nobody said a time, what is recommended.
    """
    if target_ms is None:
        return recommended(rows)
    fitting = [row for row in eligible(rows) if row.p50_ms <= target_ms]
    return min(fitting, key=lambda row: (-row.accuracy, row.p50_ms, row.id or 0), default=None)


def recommended(rows: Iterable[Measurement]) -> Measurement | None:
    """The fastest that names at most one picture in a hundred fewer right than the model as it was trained."""
    found = eligible(rows)
    before = baseline(found)
    least = before.accuracy if before else max((row.accuracy for row in found), default=0.0)
    return min((row for row in found if row.accuracy >= least - POINT - 1e-9), key=lambda row: (row.p50_ms, -row.accuracy, row.id or 0), default=None)


def front(rows: Iterable[Measurement]) -> list[Measurement]:
    """The best line: rows to which no other is as fast and more accurate, or as accurate and faster; the fastest first, accuracy rising.

    Whatever `chosen` picks, for whichever limit, is among them.
    """
    best: list[Measurement] = []
    for row in sorted(eligible(rows), key=lambda row: (row.p50_ms, -row.accuracy, row.id or 0)):
        if not best or row.accuracy > best[-1].accuracy:
            best.append(row)
    return best


def baseline(rows: Iterable[Measurement]) -> Measurement | None:
    """The model as it was trained, among its rows; None while it is not measured."""
    return next((row for row in measured(rows) if is_original(row)), None)


def is_original(row: Measurement) -> bool:
    """Whether a row is the model as it was trained, on as many threads as serving gives it; see `trainer.variants.original`. It needs no files of its own."""
    return way(row) == (ONNXRUNTIME, FP32, row.tuning.model.input_size, min(2, row.tuning.machine.get("cores", 2)))


def may_be_used(row: Measurement) -> bool:
    """Whether a row can be put in use: it may answer, and its files are kept or are the model's own."""
    return bool(row.engine in SERVED and row.status == Measurement.MEASURED and (row.files or is_original(row)))


def is_used(row: Measurement, model: Model) -> bool:
    """Whether this is how a model answers now."""
    return way(model.variant) == way(row) if model.variant_id else is_original(row)


def way(row) -> tuple[str, str, int, int]:
    """What tells a row, or a variant in use, from others of its model."""
    return row.engine, row.precision, row.input_size, row.threads


def given_up(row: Measurement, baseline: Measurement | None) -> list[str]:
    """What a row gives up against the model as it was trained, as sentences, the weightiest first; one that says so where that is nothing."""
    if baseline is None or way(row) == way(baseline):
        return []
    found = [*less_right(row, baseline), *otherwise(row), *smaller(row, baseline), *more(row, baseline)]
    return found or [nothing(row)]


def less_right(row: Measurement, baseline: Measurement) -> list[str]:
    lost = round(baseline.accuracy * row.pictures) - round(row.accuracy * row.pictures)
    if lost <= 0:
        return []
    return [_("It names %(count)d fewer of %(pictures)d unseen pictures right.") % {"count": lost, "pictures": row.pictures}]


def otherwise(row: Measurement) -> list[str]:
    if not row.changed:
        return []
    return [_("It answers %(count)d of %(pictures)d otherwise than before, rightly or wrongly.") % {"count": row.changed, "pictures": row.pictures}]


def smaller(row: Measurement, baseline: Measurement) -> list[str]:
    if row.input_size >= baseline.input_size:
        return []
    return [_("It looks at %(size)d × %(size)d pixels instead of %(before)d × %(before)d: small details are lost.") % {"size": row.input_size, "before": baseline.input_size}]


def more(row: Measurement, baseline: Measurement) -> list[str]:
    """What it needs more of."""
    found = []
    if row.measured_in == baseline.measured_in and row.p50_ms > NOTABLE * baseline.p50_ms:
        found.append(_("It is slower than the model as it was trained."))
    if (row.memory_bytes or 0) > NOTABLE * (baseline.memory_bytes or 0) > 0:
        values = {"now": round(row.memory_bytes / 1e6), "before": round(baseline.memory_bytes / 1e6)}
        found.append(_("It needs %(now)d MB of memory instead of %(before)d MB.") % values)
    if (row.size_bytes or 0) > NOTABLE * (baseline.size_bytes or 0) > 0:
        values = {"now": round(row.size_bytes / 1e6, 1), "before": round(baseline.size_bytes / 1e6, 1)}
        found.append(_("Its files take %(now)g MB instead of %(before)g MB.") % values)
    return found


def nothing(row: Measurement) -> str:
    text = ngettext("It gives up nothing that we can see: %(count)d unseen picture gets the same answer.", "It gives up nothing that we can see: all %(count)d unseen pictures get the same answer.", row.pictures)
    return text % {"count": row.pictures}

