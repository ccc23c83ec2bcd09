"""F36: a machine of the spot market is taken back while it trains."""

import time
from collections.abc import Iterator

import pytest

from tests.faults.house import House, fresh
from tests.faults.measured import measured
from webapp.training import services
from webapp.training.models import Run
from worker.tests.metadata import Metadata

pytestmark = [pytest.mark.fault, pytest.mark.timeout(300)]


@pytest.fixture
def metadata() -> Iterator[list[Metadata]]:
    """The metadata services of two machines."""
    services = [Metadata(), Metadata()]
    yield services
    for service in services:
        service.end()


def test_a_machine_that_is_taken_back_gives_its_training_to_another(house: House, metadata: list[Metadata]) -> None:
    house.start("dispatcher")
    machines = {house.start(f"worker-{number}", METADATA_URL=service.url): service for number, service in enumerate(metadata)}
    for worker in machines:
        house.wait_until_warm(worker)
    run = services.start(project=house.project(1000), preset="quick", settings={"epochs": 150})[0]
    house.wait_for_epoch(run, 2)
    here = next(worker for worker in machines if fresh(run).worker.endswith(f":{worker.pid}"))
    machines[here].notice, began = "terminate", time.monotonic()
    assert here.popen.wait(20) == 0  # it is not started again
    measured("F36", "a worker had left after the notice", time.monotonic() - began)
    house.wait(lambda: fresh(run).fence == 2, 15)
    measured("F36", "another machine had the run after the notice", time.monotonic() - began)
    ended = house.wait_for_end(run)
    assert (ended.status, ended.attempts, ended.fence) == (Run.READY, 1, 2) and "taken back" in here.said()
    house.check()
