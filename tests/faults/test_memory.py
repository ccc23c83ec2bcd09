"""Memory runs out while a real child trains: one more try with half the batch, from the last checkpoint; then a plain reason."""

import multiprocessing
import re
from functools import partial

import pytest

from tests.faults.children import in_little_room, short_of_memory
from tests.faults.house import House
from trainer.child import PRELOAD
from webapp.core import jobs
from webapp.serving.services import publish
from webapp.training import services, work
from webapp.training.models import Run
from worker.nursery import Child

pytestmark = [pytest.mark.fault, pytest.mark.timeout(300)]

CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(PRELOAD)
EPOCHS, BATCH = 4, 8


class Nursery:
    """Starts such children, and remembers with which batch."""

    def __init__(self, target):
        self.target, self.batches = target, []

    def spawn(self, job: dict) -> Child:
        self.batches.append(job["config"]["batch_size"])
        ours, theirs = CONTEXT.Pipe()
        process = CONTEXT.Process(target=self.target, args=(theirs, job))
        process.start()
        theirs.close()
        return Child(process, ours)


def train(house: House, nursery: Nursery, **settings) -> Run:
    wanted = {"epochs": EPOCHS, "image_size": 64, "batch_size": BATCH, "threads": 1, "devices": "cpu"} | settings
    run = services.start(project=house.project(), preset="accurate", settings=wanted)[0]
    claimed = jobs.claim(Run, run.id, "here")
    work.run(claimed, spawn=nursery.spawn, publish=publish)
    return Run.objects.get(id=run.id)


def test_when_the_gpu_has_no_memory_left_the_run_goes_on_with_half_the_batch(house: House) -> None:
    nursery = Nursery(partial(short_of_memory, most=BATCH // 2))
    run = train(house, nursery)
    assert (run.status, run.epoch, run.attempts, nursery.batches) == (Run.READY, EPOCHS, 1, [BATCH, BATCH // 2])
    assert run.config["batch_size"] == BATCH // 2
    assert "Goes on; 1 of 4 epochs are done" in run.log and "goes on with 4" in run.log
    house.check()


def test_when_half_the_batch_is_too_much_as_well_the_run_fails_with_a_plain_reason(house: House) -> None:
    nursery = Nursery(partial(short_of_memory, most=0))
    run = train(house, nursery)
    assert (run.status, nursery.batches) == (Run.FAILED, [BATCH, BATCH // 2])
    assert run.error["cause"] == "The memory was not enough." and "batch_size" in run.error["next_step"]
    house.check()


def test_who_trains_again_after_that_goes_on_from_the_checkpoint(house: House) -> None:
    failed = train(house, Nursery(partial(short_of_memory, most=0)))
    run = services.start(project=failed.project, preset="accurate", settings=failed.config | {"batch_size": 2})[0]
    work.run(jobs.claim(Run, run.id, "here"), spawn=Nursery(partial(short_of_memory, most=2)).spawn, publish=publish)
    run.refresh_from_db()
    assert run.status == Run.READY and re.search("Goes on; [12] of 4 epochs are done", run.log)
    assert list(run.epoch_rows.values_list("epoch", flat=True)) == [1, 2, 3, 4]
    house.check()


def test_a_machine_with_too_little_memory_says_so(house: House) -> None:
    run = train(house, Nursery(partial(in_little_room, megabytes=600)), image_size=320, batch_size=512)
    assert run.status == Run.FAILED and "emory" in run.error["cause"]
    house.check()
