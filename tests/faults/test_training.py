"""What befalls a training, with real processes: nothing is lost, nothing is done twice."""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from tests.faults.counts import count
from tests.faults.house import House, Process, alive, fresh
from tests.faults.measured import measured
from tests.source import ROOT
from webapp.core.jobs import MAX_ATTEMPTS
from webapp.serving.models import Model
from webapp.training import services
from webapp.training.models import Run
from worker.app import app

pytestmark = [pytest.mark.fault, pytest.mark.timeout(300)]  # the promises are measured inside; a slow machine may be slow around them

GO_ON_SECONDS = 60
EPOCHS = count("EPOCHS", 150, 300)
WHILE_TABLES_CHANGE = 300  # epochs: changing them takes seconds
MOMENTS = count("MOMENTS", 2, 20)
FREEZE_SECONDS = count("FREEZE_SECONDS", 0, 60)  # at the least; until another worker has taken over in any case
STOPS = count("STOPS", 4, 50)
SEED = 4
MANY = 1000  # pictures of a label: an epoch of quick lasts some milliseconds, and the run some seconds


def start(house: House, pictures: int = MANY, **settings) -> Run:
    """A run of real training that lasts long enough to be killed in."""
    return services.start(project=house.project(pictures), preset="quick", settings={"epochs": EPOCHS} | settings)[0]


def start_accurate(house: House) -> Run:
    settings = {"epochs": 4, "image_size": 64, "batch_size": 4}
    return services.start(project=house.project(), preset="accurate", settings=settings)[0]


def start_short(house: House) -> Run:
    return start(house, 10, epochs=5)


def test_a_training_that_is_killed_goes_on_from_its_checkpoint(house: House) -> None:
    house.start("dispatcher")
    house.start_worker()
    run = start_accurate(house)
    house.wait_for_epoch(run, 2, 120)
    killed, reached = house.child(run), fresh(run).epoch
    os.kill(killed, signal.SIGKILL)
    began = time.monotonic()
    house.wait_for_epoch(run, reached + 1, GO_ON_SECONDS)
    measured("F1", "the next epoch after the training was killed", time.monotonic() - began)
    ended = house.wait_for_end(run)
    assert (ended.status, ended.attempts, ended.epoch) == (Run.READY, 2, 4)
    house.check()


def two_workers(house: House) -> tuple[Run, Process, Process]:
    """A run that learns: (the run, the worker that has it, another worker)."""
    house.start("dispatcher")
    workers = house.start_workers(2)
    run = start(house)
    house.wait_for_epoch(run, 2)
    first, second = sorted(workers, key=lambda worker: not fresh(run).worker.endswith(f":{worker.pid}"))
    return run, first, second


def test_when_a_worker_is_killed_its_training_dies_and_another_worker_goes_on(house: House) -> None:
    run, first, _second = two_workers(house)
    child = house.child(run)
    first.signal(signal.SIGKILL)  # the worker alone: its children must notice by themselves
    began = time.monotonic()
    house.wait(lambda: not alive(child), 5)
    reached = fresh(run).epoch
    house.wait_for_epoch(run, reached + 1, GO_ON_SECONDS)
    measured("F2", "the next epoch, by another worker, after the worker was killed", time.monotonic() - began)
    assert time.monotonic() - began < GO_ON_SECONDS
    ended = house.wait_for_end(run)
    assert (ended.status, ended.attempts, ended.fence, ended.epoch) == (Run.READY, 2, 2, EPOCHS)
    house.check()


def test_when_a_worker_is_killed_with_all_its_children_another_one_goes_on(house: House) -> None:
    run, first, _second = two_workers(house)
    first.kill_group()
    reached, began = fresh(run).epoch, time.monotonic()
    house.wait_for_epoch(run, reached + 1, GO_ON_SECONDS)
    measured("F2", "the next epoch, by another worker, after the whole group was killed", time.monotonic() - began)
    ended = house.wait_for_end(run)
    assert (ended.status, ended.attempts, ended.epoch) == (Run.READY, 2, EPOCHS)
    house.check()


def test_a_training_that_is_killed_at_any_moment_ends_well(house: House) -> None:
    house.start("dispatcher")
    workers, dice = house.start_workers(2), random.Random(SEED)
    for moment in range(MOMENTS):
        run = start(house, 200)
        house.wait(lambda: fresh(run).started, 30)
        time.sleep(dice.uniform(0, 8 if moment % 2 else 2))  # the longer ones meet the export, the renames and the commit
        if child := house.child(run):
            os.kill(child, signal.SIGKILL)
        if moment % 4 == 3:
            workers[0].kill_group()
            workers.append(house.start_worker(f"worker-{len(workers) + 1}"))
            workers.pop(0)
        assert house.wait_for_end(run).status == Run.READY, fresh(run).error
    house.check()


def test_a_worker_that_is_told_to_end_hands_its_training_over(house: House) -> None:
    run, first, _second = two_workers(house)
    first.signal(signal.SIGTERM)
    began = time.monotonic()
    assert first.popen.wait(10) == 0
    house.wait(lambda: fresh(run).fence == 2, 15)
    measured("F5", "another worker had the run after SIGTERM", time.monotonic() - began)
    ended = house.wait_for_end(run)
    assert (ended.status, ended.attempts, ended.fence) == (Run.READY, 1, 2)
    house.check()


def test_a_frozen_worker_that_wakes_up_changes_nothing(house: House) -> None:
    run, first, _second = two_workers(house)
    frozen_child = house.child(run)
    first.signal_group(signal.SIGSTOP)
    frozen = time.monotonic()
    house.wait(lambda: fresh(run).fence == 2, GO_ON_SECONDS)
    house.wait(lambda: not alive(frozen_child), GO_ON_SECONDS)  # two children in one folder would spoil each other's checkpoints
    measured("F6", "another worker took over from a frozen one", time.monotonic() - frozen)
    time.sleep(max(0.0, FREEZE_SECONDS - (time.monotonic() - frozen)))
    first.signal_group(signal.SIGCONT)
    ended = house.wait_for_end(run)
    assert (ended.status, ended.fence) == (Run.READY, 2)
    house.wait(lambda: "no longer ours" in first.said(), 10)
    house.check()


def test_a_training_that_dies_again_and_again_fails_and_the_next_one_starts(house: House) -> None:
    house.start("dispatcher")
    house.start_worker()
    run = start_accurate(house)  # slow enough that no life of it gets anywhere: getting on is forgiven
    waiting = start_short(house)
    for attempt in range(1, MAX_ATTEMPTS + 1):
        house.wait(lambda: fresh(run).attempts == attempt and house.child(run), GO_ON_SECONDS)
        os.kill(house.child(run), signal.SIGKILL)
    ended = house.wait_for_end(run, GO_ON_SECONDS)
    assert ended.status == Run.FAILED and "3 times" in ended.error["cause"]
    assert house.wait_for_end(waiting).status == Run.READY
    house.check()


@pytest.mark.parametrize("moment", ["queued", "preparing", "training", "exporting"])
def test_a_run_can_be_stopped_at_every_stage_within_five_seconds(house: House, moment: str) -> None:
    if moment != "queued":
        house.start("dispatcher")
        house.start_worker()
    run = start_short(house) if moment == "exporting" else start(house)
    house.wait(lambda: fresh(run).status == moment or fresh(run).stage == moment, 60)
    child = house.child(run)
    began = time.monotonic()
    services.cancel(run=run)
    ended = house.wait_for_end(run, 5)
    measured("F10", f"stopped while {moment}", time.monotonic() - began)
    assert ended.status == Run.CANCELLED and time.monotonic() - began < 5
    assert not child or not alive(child)
    assert services.cancel(run=ended).status == Run.CANCELLED
    house.check()


def test_stopping_in_the_last_moment_gives_either_a_model_or_a_stop(house: House) -> None:
    house.start("dispatcher")
    house.start_worker()
    dice = random.Random(SEED)
    for _stop in range(STOPS):
        run = start_short(house)
        house.wait(lambda: fresh(run).stage in ("evaluating", "exporting", "publishing") or not fresh(run).is_live, 20)
        time.sleep(dice.uniform(0, 1.2))
        services.cancel(run=run)
        assert house.wait_for_end(run, 5).status in (Run.READY, Run.CANCELLED)
    house.check()


def test_twenty_hints_to_two_workers_are_one_claim(house: House) -> None:
    workers = house.start_workers(2)
    run = start_short(house)
    with app.connection_for_write(house.redis.url.replace("unix://", "redis+socket://")) as broker:
        for _hint in range(20):
            app.send_task(Run.TASK, args=[str(run.id)], queue=Run.QUEUE, connection=broker)
    ended = house.wait_for_end(run)
    assert (ended.status, ended.fence, ended.attempts) == (Run.READY, 1, 1)
    assert all("Traceback" not in worker.said() for worker in workers)
    house.check()


def test_twenty_presses_at_once_make_one_run(house: House) -> None:
    project = house.project()

    def press(_number: int) -> tuple[Run, bool]:
        try:
            return services.start(project=project)
        finally:
            connection.close()

    with ThreadPoolExecutor(20) as people:
        answers = list(people.map(press, range(20)))
    assert len({run.id for run, _created in answers}) == 1 == Run.objects.count()
    assert sum(created for _run, created in answers) == 1
    services.cancel(run=answers[0][0])


@pytest.mark.parametrize("key", [{}, {"Idempotency_Key": "pressed once"}], ids=["without a key", "with one key"])
def test_twenty_requests_at_once_make_one_run(house: House, key: dict[str, str]) -> None:
    web, project = house.start_web(), house.project()
    who = web.program(project.owner) | key
    with ThreadPoolExecutor(20) as people:
        answers = list(people.map(lambda _number: web.train(project, who, preset="quick"), range(20)))
    statuses = Counter(status for status, _said, _seconds in answers)
    busy = {409} if key else set()  # the first request with this key is still being worked on
    assert statuses[202] >= 1 and set(statuses) <= {200, 202} | busy, answers
    run = Run.objects.get()
    assert {said["id"] for status, said, _seconds in answers if status != 409} == {str(run.id)}
    services.cancel(run=run)
    house.check()


def test_a_redis_that_dies_stops_no_training_and_loses_no_run(house: House) -> None:
    house.start("dispatcher")
    house.start_worker()
    running = start(house)
    house.wait_for_epoch(running, 1)
    house.redis.kill()
    waiting = start_short(house)
    house.wait_for_epoch(running, 3)
    house.redis.start()
    assert house.wait_for_end(running).attempts == 1
    assert house.wait_for_end(waiting).status == Run.READY
    assert Model.objects.count() == 2
    house.check()


def test_tables_may_change_while_a_training_runs(house: House) -> None:
    """A deploy that migrates while an old worker is at work: the run finishes."""
    migrate = [sys.executable, "manage.py", "migrate", "--verbosity", "0", "--skip-checks"]
    subprocess.run([*migrate, "sessions", "zero"], cwd=ROOT, env=house.environment, check=True)  # an older version of the tables
    house.start("dispatcher")
    house.start_worker()
    run = start(house, epochs=WHILE_TABLES_CHANGE)
    house.wait_for_epoch(run, 1)
    subprocess.run(migrate, cwd=ROOT, env=house.environment, check=True)
    assert fresh(run).is_live, "it ended before the tables were changed"
    ended = house.wait_for_end(run)
    assert (ended.status, ended.attempts) == (Run.READY, 1)
    house.check()
