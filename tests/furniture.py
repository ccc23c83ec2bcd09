"""What the first start of a machine makes in fifteen seconds, made once for all tests and kept between their runs: tables, embedder, static files.

The tables have a name that changes with every migration and every package; that of the embedder is a hash of its recipe.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.source import ROOT
from trainer.__main__ import DEFAULT_CACHE
from trainer.embed import embedder_name

MAKE_EMBEDDER = "import sys; from trainer.embed import ensure_embedder; ensure_embedder(sys.argv[1])"
TABLES = "aimaker.sqlite3"


def furnish(data: Path) -> dict[str, str]:
    """Put tables and embedder into the data folder of a machine that has not started yet; gives variables for it, by which all share one folder of static files."""
    with _alone():
        tables, embedder = _tables(), _embedder()
    (data / "cache").mkdir(parents=True, exist_ok=True)
    (data / "cache" / embedder.name).symlink_to(embedder)
    shutil.copy(tables, data / TABLES)
    return {"STATIC_ROOT": str(DEFAULT_CACHE / f"static-{hashlib.sha256(str(ROOT).encode()).hexdigest()[:16]}")}


@contextmanager
def _alone() -> Iterator[None]:
    """Test processes run beside one another: one makes things, the others wait for it."""
    DEFAULT_CACHE.mkdir(exist_ok=True)
    with (DEFAULT_CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _tables() -> Path:
    path = DEFAULT_CACHE / f"tables-{_recipe()}.sqlite3"
    if not path.exists():
        for older in DEFAULT_CACHE.glob("tables-*.sqlite3"):
            older.unlink()
        with tempfile.TemporaryDirectory(dir=DEFAULT_CACHE) as folder:
            subprocess.run([sys.executable, "manage.py", "migrate", "--verbosity", "0", "--skip-checks"], cwd=ROOT, env=os.environ | {"AIMAKER_DATA": folder}, check=True)
            Path(folder, TABLES).rename(path)
    return path


def _embedder() -> Path:
    path = DEFAULT_CACHE / f"{embedder_name()}.onnx"
    if not path.exists():
        subprocess.run([sys.executable, "-c", MAKE_EMBEDDER, str(DEFAULT_CACHE)], cwd=ROOT, check=True)
    return path


def _recipe() -> str:
    """A name that changes whenever the tables may."""
    total = hashlib.sha256()
    for path in [ROOT / "requirements.txt", *sorted(ROOT.glob("webapp/*/migrations/*.py"))]:
        total.update(path.name.encode() + path.read_bytes())
    return total.hexdigest()[:16]
