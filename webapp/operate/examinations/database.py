"""The database: whether it answers, is up to date, and is set as we need it."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import psutil
from django.conf import settings
from django.db import OperationalError, connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models.functions import Now

from webapp.accounts.models import User
from webapp.core import one_key
from webapp.operate.finding import Finding, broken, well, worrying

PART = "database"
APART_SECONDS = 5
AT_COMMIT = "innodb_flush_log_at_trx_commit"  # 1: on the disk before it is answered; 2: within a second; 0: only in the server's memory until then
NETWORK_DISKS = ("nfs", "cifs", "smb", "fuse", "9p", "efs")


def examine() -> Iterator[Finding]:
    try:
        connection.ensure_connection()
    except OperationalError as error:
        yield broken(PART, f"It does not answer ({error.args[-1]}).", "Check DATABASE_URL, or whether its server runs.")
        return
    yield tables()
    yield from sqlite() if connection.vendor == "sqlite" else mysql()
    yield clock()
    yield key()


def tables() -> Finding:
    executor = MigrationExecutor(connection)
    waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if waiting:
        return broken(PART, f"{len(waiting)} migrations were not run.", "Run `python manage.py migrate`; `manage.py up` does it by itself.")
    return well(PART, "All tables are as this version wants them")


def key() -> Finding:
    if one_key.differs():
        return broken(PART, one_key.SENTENCE, one_key.MEND)
    return well(PART, "It was prepared with the SECRET_KEY of this machine")


def sqlite() -> Iterator[Finding]:
    path = Path(connection.settings_dict["NAME"])
    if disk_of(path).startswith(NETWORK_DISKS):
        yield broken(PART, f"{path} lies on a network disk, where SQLite loses data.", "Keep AIMAKER_DATA on a disk of this machine, or use MySQL (DATABASE_URL).")
    said = value("PRAGMA quick_check(1)")
    if said != "ok":
        yield broken(PART, f"SQLite finds its file damaged: {said}", "Stop AI Maker, keep a copy of the file, and restore the latest backup.")
        return
    yield well(PART, f"SQLite, {path.stat().st_size / 1e6:,.0f} MB, whole")


def disk_of(path: Path) -> str:
    """The kind of file system that a file lies on."""
    holding = [part for part in psutil.disk_partitions(all=True) if path.is_relative_to(part.mountpoint)]
    return max(holding, key=lambda part: len(part.mountpoint)).fstype if holding else ""


def mysql() -> Iterator[Finding]:
    yield well(PART, f"{value('SELECT VERSION()')} at {settings.DATABASES['default']['HOST']}")
    for what, wanted, mend in (
        ("character_set_connection", "utf8mb4", "Emoji cannot be kept. Leave the connection's character set to AI Maker."),
        ("collation_database", "utf8mb4_", "Run ALTER DATABASE ... CHARACTER SET utf8mb4 COLLATE utf8mb4_bin before the first migration."),
        ("t%_isolation", "READ-COMMITTED", "Leave the isolation to AI Maker, or start the server with --transaction-isolation=READ-COMMITTED."),
        ("sql_mode", "STRICT_", "Start the server with STRICT_TRANS_TABLES in sql_mode: values would be cut silently."),
    ):
        if wanted not in (said := setting(what)):
            yield broken(PART, f"The server's {what.removeprefix('t%_')} is {said!r} and should have {wanted}.", mend)
    if (said := setting(AT_COMMIT)) != "1":
        yield worrying(PART, f"What was answered last may be lost when the server or its machine dies: its {AT_COMMIT} is {said}.", f"Set {AT_COMMIT} to 1, which is what a server has that nobody has changed.")


def setting(pattern: str) -> str:
    """What the server has set for us; MySQL and MariaDB begin some of their names otherwise."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW SESSION VARIABLES LIKE %s", [pattern])
        return str(cursor.fetchone()[1])


def value(sql: str) -> object:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchone()[0]


def clock() -> Finding:
    """Leases are counted by the database's clock; people are told times by ours."""
    there = User.objects.annotate(clock=Now()).values_list("clock", flat=True).first()
    apart = abs((datetime.now(UTC) - there).total_seconds()) if there else 0
    if apart > APART_SECONDS:
        return worrying(PART, f"Its clock and ours are {apart:.0f} s apart.", "Let both machines set their clocks by NTP.")
    return well(PART, "Its clock is ours")
