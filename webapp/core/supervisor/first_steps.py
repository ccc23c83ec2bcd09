"""What a start does before the processes: bring the database and the static files up to date, each only when it is behind."""

import fcntl
import hashlib
from collections.abc import Callable
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection
from django.db.migrations.executor import MigrationExecutor

from webapp.core import one_key
from webapp.core.supervisor.checks import CannotStart


def migrate(say: Callable[[str], None]) -> None:
    """Run the migrations that are missing; raises CannotStart when the database does not answer, or is not one for us."""
    try:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            say("Preparing the database")
            call_command("migrate", interactive=False, verbosity=0)
        one_key.settle(plan=[])  # on this one machine everything has the same
    except CommandError as error:
        raise CannotStart(str(error)) from None
    except OperationalError as error:
        raise CannotStart(f"The database does not answer ({error.args[-1]}). Check DATABASE_URL, or whether its server runs.") from None
    finally:
        connection.close()


def collect_static(say: Callable[[str], None]) -> None:
    """Collect the static files when one of them has changed since the last time."""
    root = Path(settings.STATIC_ROOT)
    root.mkdir(parents=True, exist_ok=True)
    stamp = root / ".collected"
    with open(root / ".lock", "w") as lock:  # two starts of one checkout share this folder
        fcntl.flock(lock, fcntl.LOCK_EX)
        mark = fingerprint()
        if stamp.exists() and stamp.read_text() == mark:
            return
        say("Collecting the static files")
        call_command("collectstatic", interactive=False, verbosity=0)
        stamp.write_text(mark)


def fingerprint() -> str:
    """A hash of the names, sizes and times of all static files."""
    total = hashlib.sha256(settings.STORAGES["staticfiles"]["BACKEND"].encode())
    for finder in get_finders():
        for name, storage in finder.list([]):
            stat = Path(storage.path(name)).stat()
            total.update(f"{name} {stat.st_size} {stat.st_mtime_ns}\n".encode())
    return total.hexdigest()
