"""Django's backend for MySQL and MariaDB, with ids kept alike on both, and told soon that a server hangs.

MariaDB has a type for UUIDs that refuses some values with an error (a made-up id in an address would be 500 instead of 404). MySQL has none, and ids are text there.

A statement may take long, and so may its answer. A server that has nothing to do but to greet somebody, or to say that it is there, and does not, hangs:
where a person waits for an answer that is known within `patience.ours().greeting` seconds.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db.backends.mysql import base, features

from webapp.core import patience


class DatabaseFeatures(features.DatabaseFeatures):
    has_native_uuid_field = False


class DatabaseWrapper(base.DatabaseWrapper):
    features_class = DatabaseFeatures

    def is_usable(self) -> bool:
        """Whether the server says that it is there; asked once in a request, before its first statement."""
        with hurried(self.connection):
            return super().is_usable()

    def get_new_connection(self, conn_params: dict):
        """A line to the server, once it has greeted us."""
        greeting = min(patience.ours().greeting, conn_params["connect_timeout"])
        line = super().get_new_connection(conn_params | {"connect_timeout": greeting, "read_timeout": greeting})
        line._read_timeout = conn_params["read_timeout"]  # PyMySQL looks at it before each read
        return line


@contextmanager
def hurried(line) -> Iterator[None]:
    """Be as impatient as with a greeting."""
    usual, line._read_timeout = line._read_timeout, patience.ours().greeting
    try:
        yield
    finally:
        line._read_timeout = usual
