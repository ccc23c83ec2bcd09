import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.house import House, furnished
from tests.furniture import furnish


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
