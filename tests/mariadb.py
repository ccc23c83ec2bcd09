"""A real MariaDB of a test's own, on loopback, in a folder of its own."""

import os
import shutil
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path

import pymysql

from tests.machine import free_ports, wait_for

PROGRAMS = ("mariadbd", "mariadb-install-db")
# A test's data need not live through a power cut.
FAST = ["--innodb-flush-log-at-trx-commit=0", "--sync-binlog=0", "--innodb-doublewrite=0", "--innodb-buffer-pool-size=64M", "--skip-log-bin"]


def is_installed() -> bool:
    return all(shutil.which(program, path=f"{os.environ.get('PATH', '')}:/usr/sbin") for program in PROGRAMS)


class MariaDB:
    """A server with an empty database `aimaker`; `url` is its DATABASE_URL."""

    def __init__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="aim-"))
        self.port = free_ports()[0]
        self.url = f"mysql://root:@127.0.0.1:{self.port}/aimaker"
        self.process: subprocess.Popen | None = None

    def start(self) -> "MariaDB":
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "env": os.environ | {"PATH": f"{os.environ['PATH']}:/usr/sbin"}}
        data, person = f"--datadir={self.folder / 'data'}", ["--user=root"] if os.geteuid() == 0 else []
        subprocess.run(["mariadb-install-db", "--no-defaults", data, *person, "--auth-root-authentication-method=normal", "--skip-test-db"], check=True, **quiet)
        where = [f"--socket={self.folder / 's'}", f"--port={self.port}", "--bind-address=127.0.0.1", f"--pid-file={self.folder / 'pid'}"]
        self.process = subprocess.Popen(["mariadbd", "--no-defaults", data, *person, *where, *FAST], start_new_session=True, **quiet)
        wait_for(self.answers, 30)
        self.ask("create database aimaker character set utf8mb4 collate utf8mb4_bin")
        return self

    def answers(self) -> bool:
        with suppress(pymysql.err.OperationalError):
            self.ask("select 1")
            return True
        return False

    def ask(self, sql: str) -> tuple:
        """The rows that the server gives for a statement."""
        with pymysql.connect(host="127.0.0.1", port=self.port, user="root") as line, line.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetchall()

    def end(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)
