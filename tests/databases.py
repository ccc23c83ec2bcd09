"""The database that tests run on: SQLite, or with DATABASE=mysql a MariaDB of their own, in which every process and every machine of a test has a database."""

import atexit
import hashlib
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from tests import mariadb
from tests.source import ROOT

SQLITE, MYSQL = "sqlite", "mysql"
SERVER = "DATABASE_SERVER"  # where the MariaDB of this test run is; the process that runs the tests starts it
FILE = "aimaker.sqlite3"


def kind() -> str:
    return os.environ.get("DATABASE") or SQLITE


def choose() -> None:
    """Let the settings of this process name the database that was asked for; starts the server when no other process of this test run did."""
    if kind() not in (SQLITE, MYSQL):
        raise SystemExit(f"DATABASE must be {SQLITE} or {MYSQL}, not {kind()!r}.")
    if kind() == SQLITE:
        os.environ.pop("DATABASE_URL", None)  # whatever an operator has there is not for tests
        return
    if SERVER not in os.environ:
        start()
    os.environ["DATABASE_URL"] = f"{os.environ[SERVER]}/aimaker"


def start() -> None:
    if not mariadb.is_installed():
        raise SystemExit("DATABASE=mysql needs MariaDB's server and client: apt-get install mariadb-server")
    server, owner = mariadb.MariaDB().start(), os.getpid()
    os.environ[SERVER] = server.address
    atexit.register(lambda: os.getpid() == owner and server.end())  # not when a forked child ends


def own(data: Path) -> dict[str, str]:
    """Variables by which processes work on a database that belongs to this data folder. It is empty at first."""
    if kind() == SQLITE:
        return {}
    mariadb.create(url(data))
    return {"DATABASE_URL": url(data)}


def fill(data: Path, tables: Path) -> dict[str, str]:
    """The same, with the tables of a file that `keep_tables` made."""
    if kind() == SQLITE:
        shutil.copy(tables, data / FILE)
        return {}
    mariadb.load(url(data), tables)
    return {"DATABASE_URL": url(data)}


def keep_tables(file: Path) -> None:
    """Write a database with all tables and without a row into a file."""
    with tempfile.TemporaryDirectory(dir=file.parent) as folder:
        data = Path(folder)
        subprocess.run([sys.executable, "manage.py", "migrate", "--verbosity", "0", "--skip-checks"], cwd=ROOT, env=os.environ | {"AIMAKER_DATA": folder} | own(data), check=True)
        if kind() == MYSQL:
            mariadb.dump(url(data), data / FILE)
        (data / FILE).rename(file)


def url(data: Path) -> str:
    return f"{os.environ[SERVER]}/data_{hashlib.sha256(str(data).encode()).hexdigest()[:16]}"


def ask(data: Path, sql: str, *values) -> list[tuple]:
    """What the database of a data folder has, or gets, past all pages. Places of values are written %s, names that SQL knows as `name`."""
    with line(data) as cursor:
        cursor.execute(written(sql), values)
        return list(cursor.fetchall())


def add(data: Path, table: str, rows: list[dict]) -> None:
    """Put rows of the same columns into a table."""
    names, places = ", ".join(f"`{name}`" for name in rows[0]), ", ".join(["%s"] * len(rows[0]))
    with line(data) as cursor:
        cursor.executemany(written(f"insert into {table} ({names}) values ({places})"), [list(row.values()) for row in rows])


def first(data: Path, table: str, condition: str, *values) -> dict:
    """A row by the names of its columns."""
    with line(data) as cursor:
        cursor.execute(written(f"select * from {table} where {condition} limit 1"), values)
        return dict(zip((column[0] for column in cursor.description), cursor.fetchone(), strict=True))


@contextmanager
def line(data: Path) -> Iterator:
    """A cursor in a transaction of its own."""
    with closing(mariadb.connect(url(data)) if kind() == MYSQL else sqlite3.connect(data / FILE, timeout=30)) as connection:
        yield connection.cursor()
        connection.commit()


def written(sql: str) -> str:
    return sql if kind() == MYSQL else sql.replace("%s", "?")
