"""Lookups without regard to case (`iexact`, `icontains`, `istartswith`, `iendswith`) on a database server.

Django leaves them to the collation there, and ours compares bytes (see collation.py): they would find nothing that is written otherwise.
"""

from django.db.models import CharField, TextField, lookups


class Folded:
    """Both sides in small letters, on a database server."""

    def process_lhs(self, compiler, connection, lhs=None):
        sql, params = super().process_lhs(compiler, connection, lhs)
        return small(sql, connection), params

    def process_rhs(self, compiler, connection):
        sql, params = super().process_rhs(compiler, connection)
        return small(sql, connection), params


def small(sql: str, connection) -> str:
    return f"LOWER({sql})" if connection.vendor == "mysql" else sql


class IExact(Folded, lookups.IExact):
    pass


class IContains(Folded, lookups.IContains):
    pass


class IStartsWith(Folded, lookups.IStartsWith):
    pass


class IEndsWith(Folded, lookups.IEndsWith):
    pass


def register() -> None:
    """Let all fields of text have these lookups."""
    for field in (CharField, TextField):
        for lookup in (IExact, IContains, IStartsWith, IEndsWith):
            field.register_lookup(lookup)
