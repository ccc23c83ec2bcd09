"""Queries that are asked many times a second: Django builds and compiles them once, and later only the values differ.

Building a queryset and compiling it costs several times what SQLite needs to answer it; see `benchmarks/poll.py`.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from uuid import UUID

from django.db import connection
from django.db.models import DateTimeField, Model, QuerySet, UUIDField

FIELDS = {UUID: UUIDField(), datetime: DateTimeField()}


class Prepared:
    """The first row, or None, of the queryset that `build(*values)` makes.

    `examples` are values of the same types that occur nowhere else in the query: they mark the places of the real ones. What the queryset
    annotates comes as the database has it: a UUID is text.
    """

    def __init__(self, build: Callable[..., QuerySet], *examples: UUID | datetime | str):
        self.build, self.examples = build, examples
        self._compiled: tuple[type[Model], str, list, list] | None = None

    def first(self, *values: UUID | datetime | str) -> Model | None:
        model, sql, params, places = self._compiled or self._compile()
        params = params.copy()
        for place, number in places:
            params[place] = adapted(values[number])
        return next(iter(model._base_manager.raw(sql, params)), None)

    def _compile(self) -> tuple[type[Model], str, list, list]:
        rows = self.build(*self.examples)[:1]
        sql, params = rows.query.sql_with_params()
        marks = {adapted(example): number for number, example in enumerate(self.examples)}
        places = [(place, marks[value]) for place, value in enumerate(params) if value in marks]
        if {number for _place, number in places} != set(range(len(self.examples))):
            raise ValueError("each example must stand in the query")
        self._compiled = rows.model, sql, list(params), places
        return self._compiled


def adapted(value: UUID | datetime | str) -> object:
    """The value as the driver of the database takes it."""
    field = FIELDS.get(type(value))
    return field.get_db_prep_value(value, connection) if field else value


EXAMPLE_IDS = UUID("0e0a0000-0000-4000-8000-00000000e0a1"), UUID("0e0a0000-0000-4000-8000-00000000e0a2")
EXAMPLE_TIME = datetime(1971, 2, 3, 4, 5, 6, 789, tzinfo=UTC)
