"""A real MariaDB of a test's own, on loopback, in a folder of its own. It ends with the process that started it."""

import os
import shutil
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import pymysql

from tests.breakable import Breakable
from tests.waiting import free_ports, wait_for

PROGRAMS = ("mariadbd", "mariadb-install-db", "mariadb-dump", "mariadb", "setpriv")
# A test's data need not live through a power cut, and what has many small tables is quicker in one file.
FAST = ["--innodb-flush-log-at-trx-commit=0", "--sync-binlog=0", "--innodb-doublewrite=0", "--innodb-file-per-table=0", "--innodb-flush-method=nosync"]
# Each test process has connections of its own, and each machine of a test has its processes. Names need no asking.
SIZES = ["--innodb-buffer-pool-size=96M", "--max-connections=400", "--skip-name-resolve", "--skip-log-bin"]
# Like many a server that nobody has set up for us: another time zone, and letters that are compared without regard to their case.
STRANGE = ["--default-time-zone=+09:00", "--character-set-server=latin1", "--transaction-isolation=REPEATABLE-READ"]
NEW = "create database if not exists `{}`"


def is_installed() -> bool:
    return all(shutil.which(program, path=searched()) for program in PROGRAMS)


def searched() -> str:
    """Where programs lie: people who are not root have no /usr/sbin in their PATH."""
    return f"{os.environ.get('PATH', '')}:/usr/sbin"


class MariaDB(Breakable):
    """A server with an empty database `aimaker`; `url` is its DATABASE_URL. `options` are for mariadbd."""

    def __init__(self, *options: str):
        self.folder = Path(tempfile.mkdtemp(prefix="aim-"))
        self.port = free_ports()[0]
        self.address = f"mysql://root:@127.0.0.1:{self.port}"
        self.url = f"{self.address}/aimaker"
        self.options = options

    def start(self) -> "MariaDB":
        """Make its data folder, start it and come back when it answers."""
        run("mariadb-install-db", "--no-defaults", f"--datadir={self.folder / 'data'}", *person(), "--auth-root-authentication-method=normal", "--skip-test-db")
        self.start_again()
        create(self.url)
        return self

    def start_again(self) -> None:
        """Start it on the data that it has."""
        where = [f"--datadir={self.folder / 'data'}", f"--socket={self.folder / 's'}", f"--port={self.port}", "--bind-address=127.0.0.1", f"--pid-file={self.folder / 'pid'}"]
        words = ["setpriv", "--pdeathsig", "KILL", "mariadbd", "--no-defaults", *person(), *where, *FAST, *SIZES, *STRANGE, *self.options]
        with (self.folder / "log").open("a") as log:
            self.process = subprocess.Popen(words, start_new_session=True, stdout=log, stderr=log, env=os.environ | {"PATH": searched()})
        wait_for(lambda: self.process.poll() is not None or self.answers(), 60, self.said)
        assert self.process.poll() is None, self.said()

    def said(self) -> str:
        return (self.folder / "log").read_text(errors="replace")[-3000:]

    def answers(self) -> bool:
        with suppress(pymysql.OperationalError):  # pymysql.err is another module once Django has asked for MySQLdb.converters
            self.ask("select 1")
            return True
        return False

    def ask(self, sql: str) -> tuple:
        """The rows that the server gives for a statement."""
        return ask(self.address, sql)

    def end(self) -> None:
        if self.process and self.process.poll() is None:
            self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


def ask(url: str, sql: str, *values) -> tuple:
    """The rows that a server, or a database, gives for a statement."""
    with connect(url, autocommit=True) as line, line.cursor() as cursor:
        cursor.execute(sql, values or None)
        return cursor.fetchall()


def connect(url: str, **options) -> pymysql.Connection:
    parts = urlsplit(url)
    return pymysql.connect(host=parts.hostname, port=parts.port, user=parts.username, database=parts.path[1:] or None, charset="utf8mb4", **options)


def create(url: str) -> None:
    """Make the empty database that a DATABASE_URL names, where there is none."""
    address, _slash, name = url.rpartition("/")
    ask(address, NEW.format(name))


def dump(url: str, file: Path) -> None:
    """Write all tables of a database into a file."""
    with file.open("wb") as out:
        run("mariadb-dump", "--no-defaults", *line_to(url), out=out)


def load(url: str, file: Path) -> None:
    """Put the tables of such a file into a database, which is made where there is none."""
    create(url)
    with file.open("rb") as given:
        run("mariadb", "--no-defaults", *line_to(url), given=given)


def line_to(url: str) -> list[str]:
    parts = urlsplit(url)
    return ["--protocol=tcp", f"--host={parts.hostname}", f"--port={parts.port}", f"--user={parts.username}", parts.path[1:]]


def person() -> list[str]:
    return ["--user=root"] if os.geteuid() == 0 else []


def run(*words: str, given=subprocess.DEVNULL, out=subprocess.DEVNULL) -> None:
    subprocess.run(words, check=True, stdin=given, stdout=out, stderr=subprocess.DEVNULL, env=os.environ | {"PATH": searched()})
