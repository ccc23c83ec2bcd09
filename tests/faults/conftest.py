import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import mariadb
from tests.faults.house import House, furnished
from tests.furniture import furnish
from tests.source import ROOT


@pytest.fixture(scope="session")
def template() -> Iterator[Path]:
    """A data folder with a database of all tables and the embedder, made once."""
    folder = Path(tempfile.mkdtemp(prefix="aim-"))
    furnish(folder)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def house(template: Path, django_db_blocker) -> Iterator[House]:
    with django_db_blocker.unblock(), furnished(template) as house:
        yield house


@pytest.fixture(scope="session")
def server(template: Path) -> Iterator[mariadb.MariaDB]:
    """A database server that a test may kill; it finds it alive. `tables` is a file of all tables."""
    if not mariadb.is_installed():
        pytest.skip("needs the Debian package mariadb-server")
    server = mariadb.MariaDB("--innodb-flush-log-at-trx-commit=2")  # what it has promised to keep outlives it, though not the machine
    try:
        url = {"DATABASE_URL": server.start().url}
        subprocess.run([sys.executable, "manage.py", "migrate", "--verbosity", "0", "--skip-checks"], cwd=ROOT, env=os.environ | url | {"AIMAKER_DATA": str(template)}, check=True)
        server.tables = server.folder / "tables.sql"
        mariadb.dump(server.url, server.tables)
        yield server
    finally:
        server.end()


@pytest.fixture
def served(template: Path, server: mariadb.MariaDB, request: pytest.FixtureRequest, django_db_blocker) -> Iterator[House]:
    """A house whose database is on that server, whatever the others of this test run are on."""
    url = f"{server.address}/{request.node.name[:40]}"
    mariadb.load(url, server.tables)
    with django_db_blocker.unblock(), furnished(template, DATABASE_URL=url) as house:
        yield house
