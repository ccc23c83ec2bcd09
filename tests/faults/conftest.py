import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.house import House, furnished
from tests.source import ROOT
from trainer.__main__ import DEFAULT_CACHE


MAKE_EMBEDDER = "import sys; from trainer.embed import ensure_embedder; ensure_embedder(sys.argv[1])"


@pytest.fixture(scope="session")
def template() -> Iterator[Path]:
    """A data folder with a database of all tables and the embedder, made once."""
    folder = Path(tempfile.mkdtemp(prefix="aim-"))
    here = {"cwd": ROOT, "env": os.environ | {"AIMAKER_DATA": str(folder)}, "check": True}
    subprocess.run([sys.executable, "manage.py", "migrate", "--verbosity", "0", "--skip-checks"], **here)
    subprocess.run([sys.executable, "-c", MAKE_EMBEDDER, str(DEFAULT_CACHE)], **here)  # kept between test runs: its name is a hash of its recipe
    (folder / "cache").symlink_to(DEFAULT_CACHE)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def house(template: Path, django_db_blocker) -> Iterator[House]:
    with django_db_blocker.unblock(), furnished(template) as house:
        yield house
