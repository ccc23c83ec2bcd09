import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.house import House, furnished
from tests.source import ROOT


@pytest.fixture(scope="session")
def migrated() -> Path:
    """A database with all tables, made once."""
    folder = Path(tempfile.mkdtemp(prefix="aim-"))
    command = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
    subprocess.run(command, cwd=ROOT, env=os.environ | {"AIMAKER_DATA": str(folder)}, check=True)
    return folder / "aimaker.sqlite3"


@pytest.fixture
def house(migrated: Path, django_db_blocker) -> Iterator[House]:
    with django_db_blocker.unblock(), furnished(migrated) as house:
        yield house
