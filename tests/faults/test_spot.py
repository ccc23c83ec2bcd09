"""F36b: a machine of the spot market is taken back while it trains; another one, with nothing but the store and the database in common, goes on."""

import time
from collections.abc import Iterator

import pytest

from tests.faults.house import House, Process, fresh
from tests.faults.measured import measured
from webapp.training import services
from webapp.training.models import Run
from worker.tests.metadata import Metadata

pytestmark = [pytest.mark.fault, pytest.mark.timeout(300)]

SETTINGS = {"epochs": 60, "image_size": 64, "batch_size": 4, "threads": 1}  # the notice is heard within five seconds, and by then the training must not be over


@pytest.fixture
def metadata() -> Iterator[list[Metadata]]:
    """The metadata services of two machines."""
    services = [Metadata(), Metadata()]
    yield services
    for service in services:
        service.end()


def start_machine(house: House, number: int, **variables: str) -> Process:
    """A worker on a data folder of its own, with the database and the store of the house."""
    data = house.data / f"machine-{number}"
    data.mkdir()
    (house.data / "store").mkdir(exist_ok=True)
    for name in ("cache", "aimaker.sqlite3"):  # the embedder, which takes seconds to make; the database, where it is a file
        if (house.data / name).exists():
            (data / name).symlink_to(house.data / name)
    return house.start(f"worker-{number}", AIMAKER_DATA=str(data), STORE_FOLDER=str(house.data / "store"), **variables)


def test_a_machine_that_is_taken_back_gives_its_training_to_another(house: House, metadata: list[Metadata]) -> None:
    house.start("dispatcher")
    machines = {start_machine(house, number, METADATA_URL=service.url): service for number, service in enumerate(metadata)}
    run = services.start(project=house.project(), preset="accurate", settings=SETTINGS)[0]
    house.wait_for_epoch(run, 2)
    here = next(worker for worker in machines if fresh(run).worker.endswith(f":{worker.pid}"))
    machines[here].notice, began = "terminate", time.monotonic()
    assert here.popen.wait(20) == 0  # it is not started again
    measured("F36b", "a worker had left after the notice", time.monotonic() - began)
    house.wait(lambda: fresh(run).fence == 2, 15)
    ended = house.wait_for_end(run)
    assert (ended.status, ended.attempts, ended.fence) == (Run.READY, 1, 2) and "taken back" in here.said()
    assert "This machine is taken back" in ended.log, "it saved before it went"
    assert "Goes on from a checkpoint of another machine" in ended.log and "is not used" not in house.said()
    house.check()
