"""What the first start of a machine makes in fifteen seconds, made once for all tests and kept between their runs: tables, embedder, static files.

The tables have a name that changes with every migration and every package; that of the embedder is a hash of its recipe.
"""

import fcntl
import hashlib
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests import databases
from tests.source import ROOT
from trainer.__main__ import DEFAULT_CACHE
from trainer.embed import embedder_name

DAY = 24 * 3600
MAKE_EMBEDDER = "import sys; from trainer.embed import ensure_embedder; ensure_embedder(sys.argv[1])"


def furnish(data: Path) -> dict[str, str]:
    """Put tables and embedder where a machine that has not started yet finds them; gives variables for it, by which all share one folder of static files."""
    with _alone():
        embedder = _embedder()
    (data / "cache").mkdir(parents=True, exist_ok=True)
    (data / "cache" / embedder.name).symlink_to(embedder)
    return fill(data) | {"STATIC_ROOT": str(DEFAULT_CACHE / f"static-{hashlib.sha256(str(ROOT).encode()).hexdigest()[:16]}")}


def fill(data: Path) -> dict[str, str]:
    """Give a data folder a database with all tables; variables for those that work on it."""
    return databases.fill(data, tables())


def tables() -> Path:
    """A file of all tables, for `databases.fill`."""
    with _alone():
        path = DEFAULT_CACHE / f"tables-{_recipe()}.{databases.kind()}"
        if not path.exists():
            for older in DEFAULT_CACHE.glob("tables-*"):
                if time.time() - older.stat().st_mtime > DAY:  # tests of another checkout may be about to take it
                    older.unlink()
            databases.keep_tables(path)
        return path


@contextmanager
def _alone() -> Iterator[None]:
    """Test processes run beside one another: one makes things, the others wait for it."""
    DEFAULT_CACHE.mkdir(exist_ok=True)
    with (DEFAULT_CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _embedder() -> Path:
    path = DEFAULT_CACHE / f"{embedder_name()}.onnx"
    if not path.exists():
        subprocess.run([sys.executable, "-c", MAKE_EMBEDDER, str(DEFAULT_CACHE)], cwd=ROOT, check=True)
    return path


def _recipe() -> str:
    """A name that changes whenever the tables may."""
    total = hashlib.sha256()
    for path in [ROOT / "requirements.txt", ROOT / "webapp/core/mysql/base.py", *sorted(ROOT.glob("webapp/*/migrations/*.py"))]:
        total.update(path.name.encode() + path.read_bytes())
    return total.hexdigest()[:16]
