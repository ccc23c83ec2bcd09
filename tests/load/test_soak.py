"""L6: an hour of everything. What a process takes must not grow with time."""

import time
from collections import Counter
from collections.abc import Iterator

import numpy
import pytest

from tests.faults.counts import FULL, count
from tests.faults.house import House, fresh
from tests.faults.measured import measured
from tests.faults.processes import children, megabytes, open_files
from webapp.core.test import jpeg
from webapp.ingest.models import Upload
from webapp.training import services
from webapp.training.models import Run

pytestmark = [pytest.mark.nightly, pytest.mark.fault, pytest.mark.timeout(5400)]

SECONDS, WARM = count("SOAK_SECONDS", 20, 3600), count("SOAK_WARM_SECONDS", 8, 600)
TRAIN_EVERY, UPLOAD_EVERY, PAUSE = count("SOAK_TRAIN_SECONDS", 15, 120), 2.0, 0.05
PROJECT_EVERY = 2 * TRAIN_EVERY  # a new one: what work takes grows with the pictures of its project, and should with nothing else
MOST_A_MINUTE, MOST_FILES = 1.0, 10  # megabytes of growth; files more at the end than when all was warm


class Day:
    """What one after another asks of a house, and what its processes took meanwhile: (seconds, megabytes, open files) each."""

    def __init__(self, house: House):
        self.house, self.web = house, house.start_web()
        self.processes = {"web": house.started[-1], "dispatcher": house.start("dispatcher"), "worker": house.start_worker()}
        self.statuses, self.took = Counter(), {name: [] for name in self.processes}
        self.runs: list[Run] = []

    def begin_project(self) -> None:
        self.project = self.house.project(20)
        self.person, self.program = self.web.person(self.project.owner), self.web.program(self.project.owner)

    def live(self, seconds: float) -> None:
        began, uploaded, trained, begun, pages = time.monotonic(), 0.0, -float(TRAIN_EVERY), -float(PROJECT_EVERY), self.pages()
        while (now := time.monotonic() - began) < seconds:
            if now - begun > PROJECT_EVERY:
                begun, trained = now, -float(TRAIN_EVERY)
                self.begin_project()
            if now - trained > TRAIN_EVERY:
                trained = now
                self.runs.append(services.start(project=self.project, preset="quick", settings={"epochs": 5})[0])
            if now - uploaded > UPLOAD_EVERY:
                uploaded = now
                self.statuses[self.web.upload(self.project, self.program, "猫", jpeg(int(1000 * now) + 50_000))[0]] += 1
                self.look(now)
            self.statuses[self.web.ask("GET", next(pages), **self.person)[0]] += 1
            time.sleep(PAUSE)

    def pages(self) -> Iterator[str]:
        while True:
            yield from ("/projects/", f"/api/v1/projects/{self.project.id}/images", f"/api/v1/runs/{self.runs[-1].id}", "/healthz", f"/api/v1/projects/{self.project.id}/runs", "/queue/")

    def look(self, now: float) -> None:
        for name, process in self.processes.items():
            # A training child comes and goes with each run: of the worker, only what stays.
            pids = children(process.pid) if name == "web" else [process.pid]
            self.took[name].append((now, megabytes(pids), open_files(pids)))


def growth(seen: list[tuple[float, float, int]]) -> float:
    """Megabytes a minute of the straight line through what was seen when all was warm."""
    warm = [(now, taken) for now, taken, _files in seen if now > WARM]
    return 60 * float(numpy.polyfit(*zip(*warm, strict=True), 1)[0])


def more_files(seen: list[tuple[float, float, int]]) -> int:
    """How many more files are open at the end than when all was warm; each in the middle of a few looks."""
    files = [files for now, _taken, files in seen if now > WARM]
    few = max(1, len(files) // 4)
    return int(numpy.median(files[-few:]) - numpy.median(files[:few]))


def test_what_processes_take_does_not_grow_with_time(house: House) -> None:
    day = Day(house)
    day.live(SECONDS)
    for name, seen in day.took.items():
        measured("L6", f"MB a minute that {name} grew by in {SECONDS} s", growth(seen))
        measured("L6", f"more files that {name} had open at the end", more_files(seen))
    assert not [status for status in day.statuses if status >= 500 or status == 0], day.statuses
    assert max(more_files(seen) for seen in day.took.values()) <= MOST_FILES
    assert not FULL or max(growth(seen) for seen in day.took.values()) <= MOST_A_MINUTE
    assert {house.wait_for_end(fresh(run)).status for run in day.runs} == {Run.READY}
    house.wait(lambda: not Upload.objects.filter(status__in=Upload.LIVE).exists(), 120)
    assert set(Upload.objects.values_list("status", flat=True)) == {Upload.DONE}
    house.check()
