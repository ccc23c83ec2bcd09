"""Several machines have several clocks; with one database server its clock alone decides who has a run."""

import pytest

from tests.faults.house import House, fresh
from webapp.training import services
from webapp.training.models import Run

# Loaded by a process when it starts. Not libfaketime: with it Python's threads hardly get on beside one another.
WRONG_CLOCK = """
import os
from datetime import datetime, timedelta, timezone
import time_machine
if ahead := os.environ.get("MINUTES_AHEAD"):
    time_machine.travel(datetime.now(timezone.utc) + timedelta(minutes=int(ahead))).start()
"""

pytestmark = [pytest.mark.fault, pytest.mark.timeout(600)]


def clock(house: House, minutes: int) -> dict[str, str]:
    """The environment of a process whose clock goes wrong. How long something takes it still measures right, as a real machine does."""
    (house.data / "sitecustomize.py").write_text(WRONG_CLOCK)
    return {"PYTHONPATH": str(house.data), "MINUTES_AHEAD": str(minutes)}


def test_workers_whose_clocks_are_an_hour_apart_take_no_run_from_one_another(served: House) -> None:
    house = served
    house.start("dispatcher", **clock(house, 20))
    for name, ahead in (("worker-1", 60), ("worker-2", -60)):
        house.start_worker(name, **clock(house, ahead))
    runs = [services.start(project=house.project(200), preset="quick", settings={"epochs": 100})[0] for _number in range(3)]
    house.wait(lambda: len({fresh(run).worker for run in runs if fresh(run).worker}) == 2, 120)
    ended = [house.wait_for_end(run, 240) for run in runs]
    assert [(run.status, run.attempts, run.fence) for run in ended] == [(Run.READY, 1, 1)] * 3
    house.check()
