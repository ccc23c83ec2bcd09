"""Files are on their way when the web process dies, or when whoever sends them is gone."""

import os
import signal
import time
from contextlib import suppress
from pathlib import Path

import pytest

from fixtures.hostile.zips import STORED, File, packed
from tests.faults.counts import FULL, count
from tests.faults.house import House, Process
from tests.faults.measured import measured
from tests.faults.processes import children, megabytes
from tests.faults.sending import Sending
from tests.faults.web import Web
from webapp.core.test import jpeg
from webapp.images.models import Image
from webapp.ingest.models import Upload
from webapp.projects.models import Project
from webapp.takedown import janitor

pytestmark = [pytest.mark.fault, pytest.mark.timeout(600)]

MEGABYTE = 2**20
ZIP_MB = count("ZIP_MB", 10, 200)
KILLED_AT = ([0.1, 0.5, 0.9, 1.0] * 5) if FULL else [0.5]
GONE, GONE_MB = count("GONE", 10, 50), count("GONE_MB", 4, 20)
GROWTH_MB = 20
PICTURES = 6


def a_zip(megabytes: int) -> bytes:
    """Pictures of two labels, and files that are none, which make it large."""
    pictures = [File(f"{name}/{number}.jpg", jpeg(number + 100 * place)) for place, name in enumerate(("猫", "犬")) for number in range(PICTURES // 2)]
    return packed(*pictures, *(File(f"猫/{number}.bin", os.urandom(10 * MEGABYTE), STORED) for number in range(megabytes // 10)))


def kill_workers(house: House, process: Process, web: Web) -> None:
    """As the kernel kills what takes too much memory; comes back when others are there."""
    old = children(process.pid)
    for pid in old:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    house.wait(lambda: not set(old) & set(children(process.pid)) and web.answers(), 60)


def files_on_their_way(house: House) -> list[Path]:
    return [path for path in (house.data / "incoming").rglob("*") if path.is_file()]


def address(project: Project) -> str:
    return f"/api/v1/projects/{project.id}/uploads"


def begun(house: House, sending: Sending, share: float) -> None:
    """Send so much, and wait until the server has begun to write it down."""
    sending.send(share)
    house.wait(lambda: files_on_their_way(house) or Upload.objects.exists(), 60)


def test_a_web_process_that_is_killed_while_a_zip_comes_in_leaves_nothing_and_the_same_request_succeeds(house: House) -> None:
    web, project, content = house.start_web(), house.project(0), a_zip(ZIP_MB)
    process, program, statuses = house.started[-1], web.program(project.owner), []
    for number, share in enumerate(KILLED_AT):
        who = program | {"Idempotency-Key": f"kill {number}"}
        cut, before = Sending(web.port, address(project), content, "a.zip", **who), Upload.objects.count()
        begun(house, cut, share)
        kill_workers(house, process, web)
        assert share == 1 or (cut.status() == 0 and Upload.objects.count() == before)
        cut.close()
        began = time.monotonic()
        statuses.append((share, Sending(web.port, address(project), content, "a.zip", **who).send(1).status()))
    measured("F23", f"the request again, with its {ZIP_MB} MB, after the web process was killed in it", time.monotonic() - began)
    # Killed when all of it had come, it may have been taken already; that nobody works on it any more is known only later.
    assert {status for share, status in statuses if share < 1} == {202} and {status for _share, status in statuses} <= {202, 409}, statuses
    assert [status for _share, status in statuses].count(202) <= Upload.objects.count() <= len(statuses)
    if FULL:
        take_in(house)
        assert set(Upload.objects.values_list("status", flat=True)) == {Upload.DONE}
        assert Image.objects.filter(project=project).count() == PICTURES
    nothing_is_left(house)


def test_who_goes_away_while_sending_leaves_no_file_and_no_memory_taken(house: House) -> None:
    web, project, content = house.start_web(), house.project(0), a_zip(10) + bytes(GONE_MB * MEGABYTE)
    process, program = house.started[-1], web.program(project.owner)
    for number in range(GONE):
        if number == 4:  # both processes are warm
            before = megabytes(children(process.pid))
        sending = Sending(web.port, address(project), content, "a.zip", **program).send(0.5)
        sending.close()
    house.wait(lambda: not files_on_their_way(house), 60)
    grown = megabytes(children(process.pid)) - before
    measured("F24", f"MB that the web processes grew by while {GONE} went away in the middle of {len(content) / MEGABYTE:.0f} MB", grown)
    assert grown <= GROWTH_MB and not Upload.objects.exists() and web.answers()
    nothing_is_left(house)


def take_in(house: House) -> None:
    """Let a worker do what was taken."""
    house.start("dispatcher")
    house.start_worker()
    house.wait(lambda: not Upload.objects.filter(status__in=Upload.LIVE).exists(), 400)


def nothing_is_left(house: House) -> None:
    """Not even what only the daily sweep may find."""
    janitor.sweep(older_than=0)
    assert not files_on_their_way(house)
    house.check()
