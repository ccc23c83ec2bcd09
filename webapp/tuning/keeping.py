"""The files of ways that may be put in use: those on the best line, kept for some days in the store, without any picture."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path

from django.db import transaction
from django.db.models.functions import Now

from webapp.core import jobs, store
from webapp.tuning import choosing, queries
from webapp.tuning.models import Measurement, Tuning

KEPT = timedelta(days=7)


def best(tuning: Tuning) -> list[Measurement]:
    """Rows that may be put in use: what fits the limit first, then the rest of the best line, and that of those that see as much of a picture as the model does."""
    return best_of(list(tuning.rows.all()), tuning)


def best_of(rows: list[Measurement], tuning: Tuning) -> list[Measurement]:
    """The same among rows that are at hand."""
    whole = [row for row in rows if row.input_size == tuning.model.input_size]
    first = [row for row in (choosing.chosen(rows, tuning.target_ms), choosing.recommended(rows)) if row]
    return list(dict.fromkeys([*first, *choosing.front(rows), *choosing.front(whole)]))


def wanted(tuning: Tuning) -> list[Measurement]:
    """Those of the best whose files are not kept yet."""
    return [row for row in best(tuning) if not row.files and not choosing.is_original(row)]


def kept(rows: list[Measurement], tuning: Tuning) -> tuple[int, int]:
    """How many of the best have their files already, and of how many; the model as it was trained needs none."""
    files = [bool(row.files) for row in best_of(rows, tuning) if not choosing.is_original(row)]
    return sum(files), len(files)


def put(row: Measurement, folder: Path) -> None:
    """Put the bundle of a row into the store, in a folder of this claim: a worker that lost the tuning cannot spoil the files of the next. Raises LeaseLost."""
    fence = row.tuning.fence
    files = {f"{fence}/{file.relative_to(folder)}": file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file()}
    write(row, files)


def take_over(row: Measurement) -> bool:
    """Take the files of the same way over from an earlier tuning like this one, where they are still kept. Raises LeaseLost."""
    same = queries.alike(row.tuning).filter(engine=row.engine, precision=row.precision, input_size=row.input_size)
    for other in same.exclude(id=row.id).exclude(files=[]).select_related("tuning__model").order_by("-id"):
        if row.tuning.anew and other.tuning_id != row.tuning_id:
            continue
        try:
            files = {f"{row.tuning.fence}/{name.partition('/')[2]}": store.get(f"{other.folder}/{name}") for name in other.files}
        except FileNotFoundError:
            continue  # they are being swept away
        write(row, files)
        if other.tuning_id != row.tuning_id:
            forget(other)  # a second copy is of no use to anybody
        return True
    return False


def write(row: Measurement, files: dict[str, bytes]) -> None:
    """Files first, then the row, if the tuning is still ours; raises LeaseLost."""
    store.put_many([(f"{row.folder}/{name}", data) for name, data in files.items()])
    update(row, files=sorted(files))


def update(row: Measurement, **values) -> None:
    def change() -> None:
        with transaction.atomic():
            jobs.write(row.tuning, processed=row.tuning.processed)
            Measurement.objects.filter(id=row.id).update(**values)

    jobs.patiently(change)


def give_up(row: Measurement, reason: str) -> None:
    """A row that was measured and cannot be put in use after all: it is refused with the reason."""
    update(row, status=Measurement.REFUSED, reason=reason)


def sweep(older_than: float = 0.0, check: Callable[[], None] = lambda: None, **_sent) -> int:
    """Let go of files whose time is over; how many. The rows stay, and what is wanted again is made again."""
    deleted = 0
    rows = Measurement.objects.exclude(files=[]).exclude(tuning__status__in=Tuning.LIVE).filter(tuning__finished__lt=Now() - KEPT)
    for row in rows.select_related("tuning__model"):
        check()
        deleted += len(row.files)
        forget(row)
    return deleted


def forget(row: Measurement) -> None:
    """Delete the files of a row when the database has agreed; rows that differ in threads alone share them."""
    with transaction.atomic():
        Measurement.objects.filter(tuning=row.tuning_id, engine=row.engine, precision=row.precision, input_size=row.input_size).update(files=[])
        transaction.on_commit(partial(store.delete_folder, row.folder), robust=True)
