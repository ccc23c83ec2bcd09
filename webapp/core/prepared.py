"""Queries that are asked many times a second: Django builds and compiles them once, and later only the values differ.

Building a queryset and compiling it costs several times what SQLite needs to answer it; see `benchmarks/poll.py`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import DateTimeField, Model, QuerySet, UUIDField

FIELDS = {UUID: UUIDField(), datetime: DateTimeField()}


@dataclass(frozen=True)
class Compiled:
    """A query as the database takes it, and how its rows become objects."""

    model: type[Model]
    sql: str
    params: list
    places: list[tuple[int, int]]  # (where in `params`, which value)
    columns: list[str]  # the fields of the model, the first columns of a row
    annotations: dict[str, int]  # name: column
    converters: list[tuple[int, list[Callable], Any]]  # (column, functions, expression)


class Prepared:
    """The first row, or None, of the queryset that `build(*values)` makes.

    `examples` are values of the same types that occur nowhere else in the query: they mark the places of the real ones. The queryset may
    leave columns out and annotate, but not follow relations (`select_related`).
    """

    def __init__(self, build: Callable[..., QuerySet], *examples: UUID | datetime | str):
        self.build, self.examples = build, examples
        self._compiled: dict[str, Compiled] = {}  # by the kind of database

    def first(self, *values: UUID | datetime | str) -> Model | None:
        compiled = self._compiled.get(connection.vendor) or self._compile()
        params = compiled.params.copy()
        for place, number in compiled.places:
            params[place] = adapted(values[number])
        with connection.cursor() as cursor:
            cursor.execute(compiled.sql, params)
            found = cursor.fetchone()
        return made(compiled, found) if found else None

    def _compile(self) -> Compiled:
        query = self.build(*self.examples)[:1].query
        compiler = query.get_compiler(connection=connection)
        sql, params = compiler.as_sql()
        marks = {adapted(example): number for number, example in enumerate(self.examples)}
        places = [(place, marks[value]) for place, value in enumerate(params) if value in marks]
        if {number for _place, number in places} != set(range(len(self.examples))):
            raise ValueError("each example must stand in the query")
        expressions = [expression for expression, _sql, _alias in compiler.select]
        columns = [expressions[place].target.attname for place in compiler.klass_info["select_fields"]]
        converters = [(place, *how) for place, how in compiler.get_converters(expressions).items()]
        compiled = self._compiled[connection.vendor] = Compiled(query.model, sql, list(params), places, columns, compiler.annotation_col_map, converters)
        return compiled


def made(compiled: Compiled, found: tuple) -> Model:
    """The object of a row, as Django's own querysets make it."""
    row = list(found)
    for place, functions, expression in compiled.converters:
        for function in functions:
            row[place] = function(row[place], expression, connection)
    thing = compiled.model.from_db(connection.alias, compiled.columns, row[: len(compiled.columns)])
    for name, place in compiled.annotations.items():
        setattr(thing, name, row[place])
    return thing


def adapted(value: UUID | datetime | str) -> object:
    """The value as the driver of the database takes it."""
    field = FIELDS.get(type(value))
    return field.get_db_prep_value(value, connection) if field else value


EXAMPLE_IDS = UUID("0e0a0000-0000-4000-8000-00000000e0a1"), UUID("0e0a0000-0000-4000-8000-00000000e0a2")
EXAMPLE_TIME = datetime(1971, 2, 3, 4, 5, 6, 789, tzinfo=UTC)
