"""On a database server letters are compared by their bytes, as SQLite does. Many a server's own way takes A for a, or 🐱 for 🐶, and would call labels the same that are not.

Tables take over what their database says when they are made, so it is looked at before each migration.
"""

from django.apps import AppConfig
from django.core.management import CommandError
from django.db import OperationalError, connections

CHARSET, COLLATION = "utf8mb4", "utf8mb4_bin"
OF_DATABASE = "SELECT default_collation_name FROM information_schema.schemata WHERE schema_name = DATABASE()"
OF_TABLES = "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE' AND table_collation <> %s ORDER BY table_name"


def settle(sender: AppConfig, using: str, **_more) -> None:
    """Let the tables that a migration will make compare bytes; raises CommandError with what to do where that may not be, or where older tables do not."""
    connection = connections[using]
    if connection.vendor != "mysql":
        return
    if strange := strange_tables(using):
        told = "; ".join(f"ALTER TABLE `{name}` CONVERT TO CHARACTER SET {CHARSET} COLLATE {COLLATION}" for name in strange[:3])
        raise CommandError(f"{len(strange)} tables compare letters otherwise than by {COLLATION}. Make a backup, then for each of them: {told}.")
    with connection.cursor() as cursor:
        cursor.execute(OF_DATABASE)
        if cursor.fetchone() != (COLLATION,):
            alter(connection, cursor)


def alter(connection, cursor) -> None:
    sentence = f"ALTER DATABASE {connection.ops.quote_name(connection.settings_dict['NAME'])} CHARACTER SET {CHARSET} COLLATE {COLLATION}"
    try:
        cursor.execute(sentence)
    except OperationalError as error:
        raise CommandError(f"The database does not compare letters by {COLLATION}, and may not be changed ({error.args[-1]}). As its administrator: {sentence};") from None


def strange_tables(using: str = "default") -> list[str]:
    """Names of tables that compare letters in another way; none on SQLite."""
    connection = connections[using]
    if connection.vendor != "mysql":
        return []
    with connection.cursor() as cursor:
        cursor.execute(OF_TABLES, [COLLATION])
        return [name for (name,) in cursor.fetchall()]
