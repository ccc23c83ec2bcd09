"""What docs/scale.md reckons with: the bytes that a picture, a project, a run and a model take, and what the database does in a second. On SQLite and on MariaDB, in one run.

    python -m benchmarks.growth [folder of label folders]

Bytes in the database are those of its files after so many rows; the store is measured on a machine that was given real photos and trained with them.
"""

import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from benchmarks.train import Api, form, photos_named, running, train
from tests.source import ROOT

PICTURES, PROJECTS, RUNS, EPOCHS = 50_000, 5_000, 5_000, 10
WAITING, CLAIMERS, LOOKS, REAL_RUNS = 1_000, 8, 20, 4


def main() -> None:
    if sys.argv[1:2] == ["--database"]:
        of_a_database()
        return
    print(*in_the_store(photos_named()), sep="\n", flush=True)
    for name, variables in databases():
        with tempfile.TemporaryDirectory(prefix="aimaker-bench-") as data, variables as more:
            own = {"AIMAKER_DATA": data, "STATIC_HASHES": "0", "DJANGO_SETTINGS_MODULE": "webapp.settings", "LOG_LEVEL": "ERROR"}
            print(f"{name}:", flush=True)
            subprocess.run([sys.executable, "-m", "benchmarks.growth", "--database"], cwd=ROOT, env=os.environ | own | more, check=True)


def databases() -> Iterator[tuple[str, object]]:
    yield "SQLite", nothing()
    yield "MariaDB", a_server()


@contextmanager
def nothing() -> Iterator[dict[str, str]]:
    yield {}


@contextmanager
def a_server() -> Iterator[dict[str, str]]:
    from tests.mariadb import MariaDB  # needs a Debian package that the other half does without

    server = MariaDB()
    try:
        yield {"DATABASE_URL": server.start().url}
    finally:
        server.end()


def in_the_store(photos: list[Path]) -> list[str]:
    """Bytes of a real project: pictures with their thumbnails, and a trained model."""
    with running() as machine:
        api = Api(machine)
        project = api.ask("POST", "/projects", {"name": "Bench", "labels": []})["id"]
        upload = api.ask("POST", f"/projects/{project}/uploads", *form(photos))
        done, _when = api.wait(f"/uploads/{upload['id']}", lambda row: row["status"] in ("done", "failed"), 300)
        pictures, rows = size(machine.data / "store"), written(machine.data)
        for _run in range(REAL_RUNS):
            train(api, project)
        time.sleep(2)  # what follows a run is written too
        model, row = ((after - before) / REAL_RUNS for before, after in ((pictures, size(machine.data / "store")), (rows, written(machine.data))))
    photo = size_of(photos) / len(photos)
    return [
        f"store: {pictures / done['accepted'] / 1e3:.1f} kB a picture ({done['accepted']} photos of {photo / 1e3:.0f} kB), {model / 1e6:.1f} MB a model",
        f"database: {row / 1e3:.0f} kB a run of {done['accepted']} pictures with its evaluation",
    ]


def written(data: Path) -> int:
    """Bytes of a machine's SQLite, when all is in its file."""
    with closing(sqlite3.connect(data / "aimaker.sqlite3")) as line:
        line.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return (data / "aimaker.sqlite3").stat().st_size


def size(folder: Path) -> int:
    return size_of([path for path in folder.rglob("*") if path.is_file()])


def size_of(files: list[Path]) -> int:
    return sum(path.stat().st_size for path in files)


def of_a_database() -> None:
    """Print what rows take in the database of the settings, and how fast it is."""
    import django  # its settings read the environment that was just made

    django.setup()
    from django.core.management import call_command  # after the settings

    call_command("migrate", verbosity=0)
    taken = {"picture": grown(PICTURES, pictures), "project": grown(PROJECTS, projects), f"run of {EPOCHS} epochs": grown(RUNS, runs)}
    print("  " + ", ".join(f"{bytes_ / 1e3:.2f} kB a {name}" for name, bytes_ in taken.items()), flush=True)
    print(f"  a look at the rows of all kinds of work, {RUNS:,} ended and {WAITING:,} waiting: {1000 * looked():.1f} ms")
    rate = claimed()
    print(f"  rows claimed by {CLAIMERS} processes that all want each: {rate:.0f}/s, {CLAIMERS * rate:.0f} tries/s", flush=True)


def grown(count: int, make: Callable[[int], None]) -> float:
    """Bytes by which the database grows for each of so many."""
    before = database_bytes()
    make(count)
    return (database_bytes() - before) / count


def database_bytes() -> int:
    from django.db import connection  # after the settings

    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            return size_of([Path(connection.settings_dict["NAME"])])
        cursor.execute("SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE()")
        cursor.execute("ANALYZE TABLE " + ", ".join(f"`{name}`" for (name,) in cursor.fetchall()))
        cursor.fetchall()
        cursor.execute("SELECT SUM(data_length + index_length) FROM information_schema.tables WHERE table_schema = DATABASE()")
        return int(cursor.fetchone()[0])


def pictures(count: int) -> None:
    from benchmarks.scale import fill  # after the settings

    fill(a_project("pictures"), count)


def a_project(name: str):
    from webapp.accounts.models import User  # after the settings
    from webapp.projects.services import create_project

    owner = User.objects.create_user(f"{name}@example.org", "a password of a bench", is_guest=False)
    return create_project(owner=owner, labels=[f"label {number}" for number in range(10)])


def projects(count: int) -> None:
    from webapp.projects.models import Label, Project  # after the settings

    owner = a_project("projects").owner
    made = Project.objects.bulk_create([Project(owner=owner, name=f"project {number}") for number in range(count)], batch_size=1000)
    labels = [Label(project=project, name=f"label {place}", key=f"{place:064d}", position=place) for project in made for place in range(5)]
    Label.objects.bulk_create(labels, batch_size=1000)


def runs(count: int) -> None:
    from webapp.training.models import Epoch, Run  # after the settings

    project = a_project("runs")
    rows = [Run(project=project, number=number + 1, status="ready", active=None, epochs=EPOCHS, epoch=EPOCHS) for number in range(count)]
    made = Run.objects.bulk_create(rows, batch_size=500)
    numbers = {"train_loss": 0.5, "train_accuracy": 0.8, "val_loss": 0.6, "val_accuracy": 0.75, "learning_rate": 0.001, "seconds": 9.5}
    epochs = [Epoch(run=run, epoch=number + 1, **numbers) for run in made for number in range(EPOCHS)]
    Epoch.objects.bulk_create(epochs, batch_size=1000)


def looked() -> float:
    """Seconds of one look for rows that are due, with many that wait."""
    from webapp.core import jobs  # after the settings
    from webapp.ingest.models import Upload

    project = a_project("waiting")
    Upload.objects.bulk_create([Upload(project=project) for _row in range(WAITING)])
    began = time.perf_counter()
    for _look in range(LOOKS):
        for model in jobs.kinds():
            jobs.due(model)
    return (time.perf_counter() - began) / LOOKS


def claimed() -> float:
    """Rows that several processes claim in a second, each row once."""
    program = "import django; django.setup(); from benchmarks.growth import claim_all; print(claim_all(input()))"
    processes = [subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _one in range(CLAIMERS)]
    time.sleep(15)  # until all have loaded
    began = time.perf_counter()
    for number, process in enumerate(processes):
        process.stdin.write(f"claimer {number}\n")
        process.stdin.flush()
    counts = [int(process.communicate()[0]) for process in processes]
    if sum(counts) != WAITING:
        sys.exit(f"{sum(counts)} claims of {WAITING} rows")
    return sum(counts) / (time.perf_counter() - began)


def claim_all(name: str) -> int:
    """How many of the waiting rows this process got; all processes want all."""
    from webapp.core import jobs  # after the settings
    from webapp.ingest.models import Upload

    ids = list(Upload.objects.filter(status="queued").order_by("id").values_list("id", flat=True))
    return sum(jobs.claim(Upload, row_id, name) is not None for row_id in ids)


if __name__ == "__main__":
    os.chdir(ROOT)
    main()
