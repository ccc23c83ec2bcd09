"""The disk is full or read-only: said plainly, nothing half-written, and all works again by itself when there is room."""

import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.db import connection

from tests import databases
from tests.faults.counts import count
from tests.faults.house import House
from tests.faults.measured import measured
from tests.source import ROOT
from webapp.core import health
from webapp.core.supervisor import checks
from webapp.core.test import jpeg
from webapp.ingest.models import Upload
from webapp.training import services
from webapp.training.models import Run

pytestmark = [pytest.mark.fault, pytest.mark.timeout(300)]

WRITES = count("WRITES", 24, 60)
EPOCHS = 200
FIU = Path("/usr/lib/fiu/fiu_posix_preload.so")


@contextmanager
def disk(place: Path, megabytes: int) -> Iterator[Path]:
    """A small disk of its own at a folder, which has what the folder had. Skips where it may not be made."""
    kept = place.with_name(f"{place.name}.kept")
    place.rename(kept) if place.exists() else kept.mkdir()
    place.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(place)], capture_output=True, text=True)
    if made.returncode:
        pytest.skip(f"a small disk cannot be mounted here: {made.stderr.strip()}")
    try:
        shutil.copytree(kept, place, dirs_exist_ok=True, symlinks=True)
        yield place
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)
        shutil.rmtree(kept, ignore_errors=True)


def fill(folder: Path) -> Path:
    """Take all that is left of a disk."""
    ballast = folder / "ballast"
    with ballast.open("ab", buffering=0) as out:
        for size in (1_000_000, 4096, 1):
            try:
                while out.write(bytes(size)) == size:
                    continue
            except OSError:
                continue
    return ballast


def test_a_full_store_is_said_and_works_again_when_there_is_room(house: House) -> None:
    project = house.project()
    with disk(house.data / "store", 64) as store:
        web = house.start_web()
        program = web.program(project.owner)
        photos = (jpeg(number, (9000, 4000)) for number in range(60))
        status, said, slowest = 202, {}, 0.0
        while status == 202:
            status, said, seconds = web.upload(project, program, "猫", next(photos))
            slowest = max(slowest, seconds)
        assert (status, said["error"]["code"]) == (507, "disk_full") and "full" in said["error"]["message"], said
        measured("F26", "upload to a full disk refused", seconds)
        assert seconds < 2 and not [path for path in store.rglob("*") if path.is_file() and not path.stat().st_size]
        assert web.ask("GET", "/readyz")[0] == 503
        waiting = Upload.objects.filter(status=Upload.QUEUED).count()
        assert waiting
        house.start("dispatcher")
        house.start_worker()
        house.wait(lambda: not Upload.objects.filter(status__in=Upload.LIVE).exists(), 120)
        assert set(Upload.objects.values_list("status", flat=True)) == {Upload.DONE}
        assert web.upload(project, program, "猫", jpeg(1234, (300, 200)))[0] == 202  # the uploads have left the disk
        house.wait(lambda: not Upload.objects.filter(status__in=Upload.LIVE).exists(), 60)
        house.check()


def test_a_training_on_a_full_disk_fails_with_that_reason_and_goes_on_when_there_is_room(house: House) -> None:
    with disk(house.data / "runs", 16) as runs:
        house.start("dispatcher")
        house.start_worker()
        project = house.project(400)
        run = services.start(project=project, preset="quick", settings={"epochs": EPOCHS})[0]
        house.wait_for_epoch(run, 5)
        ballast = fill(runs)
        ended = house.wait_for_end(run)
        assert ended.status == Run.FAILED and "disk" in ended.error["cause"].lower() and "full" in ended.error["cause"], (ended.status, ended.error)
        assert list((runs / str(run.id) / "checkpoints").glob("*.json"))
        ballast.unlink()
        again = services.start(project=project, preset="quick", settings={"epochs": EPOCHS})[0]
        ended = house.wait_for_end(again, 240)
        taken_up = re.search(r"Goes on; (\d+) of", ended.log)
        assert ended.status == Run.READY and taken_up and int(taken_up[1]) > 1, ended.log
        house.wait(lambda: not list(runs.rglob("*.safetensors")), 10)  # the run is ready before its folder is cleared away
        house.check()


@pytest.mark.skipif(databases.kind() != databases.SQLITE, reason="a database server has a disk of its own")
def test_a_database_without_room_is_503_and_all_is_well_when_there_is_some(house: House) -> None:
    project = house.project()
    shutil.rmtree(house.data / "redis", ignore_errors=True)
    with small_home(house) as home:
        web = house.start_web()
        program = web.program(project.owner)
        ballast = fill(home)
        answers = [web.train(project, program, preset="quick", epochs=5 + number) for number in range(3)]
        answers += [web.ask("POST", f"/api/v1/projects/{project.id}/labels", b'{"name": "%s"}' % (b"x" * 60), Content_Type="application/json", **program) for _number in range(3)]
        statuses = [answer[0] for answer in answers]
        assert 500 not in statuses and 503 in statuses, answers
        assert max(answer[2] for answer in answers) < 5
        assert web.ask("GET", f"/api/v1/projects/{project.id}", **program)[0] in (200, 503)  # a database in WAL mode may need room to be opened
        ballast.unlink()
        began = time.monotonic()
        house.wait(lambda: web.train(project, program, preset="quick", epochs=5)[0] in (200, 202), 10)
        measured("F27", "the database took writes again after room was made", time.monotonic() - began)
        services.cancel(run=Run.objects.get(active=True))
        house.check()


@contextmanager
def small_home(house: House) -> Iterator[Path]:
    """The data folder of a house on a small disk, apart from what is large and not asked for."""
    cache = house.data.with_name(f"{house.data.name}-cache")
    connection.close()  # it would stay with the file that was there
    (house.data / "cache").rename(cache)
    (house.data / "cache").symlink_to(cache)
    try:
        with disk(house.data, 16) as home:
            yield home
            connection.close()
            for process in house.started:
                process.kill_group()
    finally:
        shutil.rmtree(cache, ignore_errors=True)


def test_no_room_at_any_of_the_writes_of_publishing_leaves_the_model_before_it(house: House) -> None:
    if not FIU.exists():
        pytest.skip("fiu-utils is not installed, which makes single writes fail")
    house.project()
    preload = {"LD_PRELOAD": f"{FIU.parent / 'fiu_run_preload.so'} {FIU}"}
    process = house.start("publishing", ["-m", "tests.faults.publishing", str(WRITES)], **preload)
    assert process.popen.wait(200) == 0, process.said()
    whole, failed = (int(number) for number in re.search(r"(\d+) of the attempts left everything whole, (\d+) of them failed", process.said()).groups())
    assert whole == WRITES and failed >= 5, process.said()
    house.check()


def test_a_read_only_store_is_refused_at_the_start_and_seen_by_the_health_check(house: House) -> None:
    house.project()
    with disk(house.data / "store", 8) as store:
        subprocess.run(["mount", "-o", "remount,ro", str(store)], check=True)
        assert health.store_state() == "read_only"
        with pytest.raises(checks.CannotStart, match="cannot write to .*store"):
            checks.check_folder(store)
        said = subprocess.run([sys.executable, "manage.py", "up"], cwd=ROOT, env=house.environment, capture_output=True, text=True, timeout=60)
        assert said.returncode == 2 and "cannot write to" in said.stderr and "Traceback" not in said.stderr
        subprocess.run(["mount", "-o", "remount,rw", str(store)], check=True)
        assert health.store_state() in ("ok", "full")
        house.check()
