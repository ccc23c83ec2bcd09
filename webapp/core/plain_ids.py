"""Ids of a MariaDB that an earlier version filled are of MariaDB's own type for UUIDs, and are made the plain text that they are everywhere else.

A column that others point at keeps its type, so what points is taken away first and put back at the end. Until then a table of the database itself holds
what has to come back: whoever is interrupted goes on with the next migration.
"""

from django.apps import AppConfig
from django.db import DEFAULT_DB_ALIAS, connections

NATIVE, DASHED, PLAIN = "uuid", "char(36)", "char(32)"
NOTES = "core_pointers_to_come_back"
_COLUMNS = """
    SELECT table_name, column_name, is_nullable FROM information_schema.columns JOIN information_schema.tables USING (table_schema, table_name)
    WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE' AND column_type IN (%s, %s) ORDER BY table_name
"""
_POINTERS = """
    SELECT constraint_name, table_name, column_name, k.referenced_table_name, referenced_column_name, update_rule, delete_rule
    FROM information_schema.key_column_usage k JOIN information_schema.referential_constraints r USING (constraint_schema, constraint_name, table_name)
    WHERE constraint_schema = DATABASE()
"""
Columns = dict[str, bool]  # name -> whether it may be empty


def settle(sender: AppConfig, using: str, **_more) -> None:
    """Before the migrations: new tables could not point at ids of another type."""
    line = connections[using]
    if line.vendor != "mysql":
        return
    with line.cursor() as cursor:
        if tables := other_than_plain(using):
            take_pointers_away(cursor)
            for table, columns in tables.items():
                for statement in statements(table, columns):
                    cursor.execute(statement)
        if NOTES in line.introspection.table_names(cursor):
            put_pointers_back(cursor)


def other_than_plain(using: str = DEFAULT_DB_ALIAS) -> dict[str, Columns]:
    """Tables that have such ids, with the columns; one that was left halfway counts."""
    found: dict[str, Columns] = {}
    with connections[using].cursor() as cursor:
        cursor.execute(_COLUMNS, [NATIVE, DASHED])
        for table, column, may_be_empty in cursor.fetchall():
            found.setdefault(table, {})[column] = may_be_empty == "YES"
    return found


def statements(table: str, columns: Columns) -> list[str]:
    """The id as text with dashes, without them, and no longer than it needs to be."""
    undashed = ", ".join(f"`{name}` = REPLACE(`{name}`, '-', '')" for name in columns)
    return [_modified(table, columns, DASHED), f"UPDATE `{table}` SET {undashed}", _modified(table, columns, PLAIN)]


def _modified(table: str, columns: Columns, kind: str) -> str:
    parts = ", ".join(f"MODIFY `{name}` {kind} {'NULL' if may_be_empty else 'NOT NULL'}" for name, may_be_empty in columns.items())
    return f"ALTER TABLE `{table}` {parts}"


def take_pointers_away(cursor) -> None:
    """Each is noted before it goes."""
    cursor.execute(f"CREATE TABLE IF NOT EXISTS {NOTES} (name varchar(64) PRIMARY KEY, statement text NOT NULL)")
    for (name, table), statement in pointers(cursor).items():
        cursor.execute(f"REPLACE INTO {NOTES} VALUES (%s, %s)", [name, statement])
        cursor.execute(f"ALTER TABLE `{table}` DROP FOREIGN KEY `{name}`")


def put_pointers_back(cursor) -> None:
    there = {name for name, _table in pointers(cursor)}
    cursor.execute(f"SELECT name, statement FROM {NOTES}")
    for name, statement in cursor.fetchall():
        if name not in there:
            cursor.execute(statement)
    cursor.execute(f"DROP TABLE {NOTES}")


def pointers(cursor) -> dict[tuple[str, str], str]:
    """(name, table) of each foreign key -> the statement that makes it; all of ours are of one column."""
    cursor.execute(_POINTERS)
    return {
        (name, table): f"ALTER TABLE `{table}` ADD CONSTRAINT `{name}` FOREIGN KEY (`{column}`) REFERENCES `{other}` (`{there}`) ON UPDATE {updated} ON DELETE {deleted}"
        for name, table, column, other, there, updated, deleted in cursor.fetchall()
    }
