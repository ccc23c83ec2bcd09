"""All rows of the database as lines of JSON, and back, whichever database it is: what is written on SQLite can be read into MySQL.

Rows are read in portions by their keys, so memory does not depend on how many there are; PyMySQL would else fetch the whole table.
"""

import base64
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TextIO

from django.apps import apps
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, models, transaction

PORTION, HEAVY_PORTION = 1000, 20  # rows read at once; of a run, the list of its pictures alone may be megabytes
INSERTED_BYTES = 4_000_000  # at once, of the 16 MB that MariaDB takes
# Made by migrations, or worth nothing tomorrow.
LEFT_OUT = {"contenttypes.ContentType", "auth.Permission", "core.CacheEntry"}


class Exactly(DjangoJSONEncoder):
    """Django's own leaves out microseconds, and pages are cut by them."""

    def default(self, value: object) -> object:
        return value.isoformat() if isinstance(value, datetime) else super().default(value)


def tables() -> list[type[models.Model]]:
    """Every model with rows of its own that are worth keeping."""
    return [model for model in apps.get_models(include_auto_created=True) if model._meta.managed and not model._meta.proxy and model._meta.label not in LEFT_OUT]


@contextmanager
def snapshot() -> Iterator[None]:
    """What is read meanwhile is the database of one moment; nobody who writes has to wait."""
    begin = "BEGIN DEFERRED" if connection.vendor == "sqlite" else "START TRANSACTION WITH CONSISTENT SNAPSHOT"
    with connection.cursor() as cursor:
        if connection.vendor == "mysql":
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        cursor.execute(begin)
        try:
            yield
        finally:
            cursor.execute("ROLLBACK")


def write(out: TextIO) -> dict[str, int]:
    """Write all rows; how many of each model, by its label."""
    counts = {}
    for model in tables():
        counts[model._meta.label] = 0
        for row in every_row(model):
            out.write(json.dumps([model._meta.label, *map(packed, row)], cls=Exactly, ensure_ascii=False) + "\n")
            counts[model._meta.label] += 1
    return counts


def every_row(model: type[models.Model]) -> Iterator[tuple]:
    """The values of all columns of each row, in the order of `columns`."""
    names, key = columns(model), model._meta.pk.attname
    rows, last = model._base_manager.order_by(key).values_list(*names), None
    portion = HEAVY_PORTION if any(isinstance(field, models.JSONField) for field in model._meta.concrete_fields) else PORTION
    while some := list((rows if last is None else rows.filter(**{f"{key}__gt": last}))[:portion]):
        yield from some
        last = some[-1][names.index(key)]


def columns(model: type[models.Model]) -> list[str]:
    return [field.attname for field in model._meta.concrete_fields]


def packed(value: object) -> object:
    """A value as JSON can say it; bytes as base64, which a BinaryField reads."""
    return base64.b64encode(value).decode() if isinstance(value, (bytes, memoryview)) else value


def read(lines: Iterable[str]) -> dict[str, int]:
    """Put these rows in place of all that are there; how many of each model. All or nothing; raises ValueError for lines that are no rows of ours."""
    counts: dict[str, int] = {}
    with connection.constraint_checks_disabled(), transaction.atomic():
        for model in tables():
            model._base_manager.all()._raw_delete(connection.alias)
        for label, rows in portions(lines):
            counts[label] = counts.get(label, 0) + insert(apps.get_model(label), rows)
        connection.check_constraints()
    return counts


def portions(lines: Iterable[str]) -> Iterator[tuple[str, list[list]]]:
    """(label, rows) of as many rows of one model as are put in at once."""
    label, rows, size = "", [], 0
    for line in lines:
        named, *row = json.loads(line)
        if rows and (named != label or size + len(line) > INSERTED_BYTES):
            yield label, rows
            rows, size = [], 0
        label, size = named, size + len(line)
        rows.append(row)
    if rows:
        yield label, rows


def insert(model: type[models.Model], rows: list[list]) -> int:
    """Insert rows as they are: no clock is read, no key is made; how many."""
    fields = model._meta.concrete_fields
    if any(len(row) != len(fields) for row in rows):
        raise ValueError(f"rows of {model._meta.label} have other columns")
    made = [model(**{field.attname: field.to_python(value) for field, value in zip(fields, row, strict=True)}) for row in rows]
    together = connection.ops.bulk_batch_size(fields, made) or len(made)
    for start in range(0, len(made), together):
        # `bulk_create` would give columns such as `created` the time of now.
        model._base_manager._insert(made[start : start + together], fields=fields, using=connection.alias, raw=True)
    return len(made)
