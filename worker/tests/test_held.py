"""One run per GPU, whichever worker of a machine it belongs to: real processes, a folder that stands for the driver's."""

import os
import signal
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest
from django.conf import settings

from tests.machine import wait_for
from tests.source import ROOT
from webapp.core import jobs
from webapp.core.test import Cast
from webapp.training.models import Run
from webapp.training.work import TrainingFailed
from worker import gpus, training
from worker.held import Held
from worker.tests.test_gpus import driver

WORKER = """
import os, sys, time
from multiprocessing import Pipe, get_context
from multiprocessing.reduction import recv_handle, send_handle
from pathlib import Path
from worker import gpus
from worker.held import Held

def child(connection):
    recv_handle(connection)
    print(os.getpid(), flush=True)
    time.sleep(60)

gpus.found = lambda: gpus.from_driver(Path(sys.argv[1]))
held = Held(Path(sys.argv[2]))
assert held.take({"preset": "accurate", "devices": sys.argv[3]})
ours, theirs = Pipe()
process = get_context("fork").Process(target=child, args=(theirs,))
held.locks, locks = [], held.locks
process.start()
for lock in locks:
    send_handle(ours, lock.fileno(), process.pid)
    lock.close()
process.join()
"""
AUTO, SECOND, BOTH = ({"preset": "accurate", "devices": devices} for devices in ("auto", "cuda:1", "2"))


@pytest.fixture
def two(tmp_path, monkeypatch) -> Path:
    """A machine with two GPUs; gives the folder of its driver."""
    folder = tmp_path / "driver"
    folder.mkdir()
    driver(folder, *(f"Model: H100\nGPU UUID: GPU-{key}\n" for key in "ab"))
    monkeypatch.setattr(gpus, "found", lambda: gpus.from_driver(folder))
    return folder


def keys(held: Held, config: dict) -> list[str] | None:
    return [gpu.key for gpu in held.gpus] if held.take(config) else None


def test_what_one_worker_holds_no_other_gets_until_it_dies(two: Path, tmp_path: Path) -> None:
    locks = tmp_path / "locks"
    with subprocess.Popen([sys.executable, "-c", WORKER, str(two), str(locks), "cuda:0"], cwd=ROOT, stdout=subprocess.PIPE, text=True) as other, ExitStack() as after:
        after.callback(other.kill)
        child = int(other.stdout.readline())
        assert keys(Held(locks), BOTH) is None and keys(Held(locks), AUTO | {"devices": "cuda:0"}) is None
        assert keys(Held(locks), AUTO) == ["GPU-b"]
        other.kill()
        other.wait()
        assert keys(Held(locks), BOTH) is None, "its child still has it"
        os.kill(child, signal.SIGKILL)
        wait_for(lambda: keys(Held(locks), BOTH) == ["GPU-a", "GPU-b"], 20)


def test_who_waits_for_gpus_is_not_overtaken_by_those_behind_that_need_the_same(two: Path, tmp_path: Path) -> None:
    first, second = Held(tmp_path), Held(tmp_path)
    assert keys(first, AUTO) == ["GPU-a"]
    assert keys(second, BOTH) is None and keys(second, AUTO) is None and keys(second, {"preset": "quick"}) == []
    third = Held(tmp_path)
    assert keys(third, AUTO | {"devices": "cuda:0"}) is None and keys(third, AUTO) == ["GPU-b"]
    first.release()
    assert keys(Held(tmp_path), AUTO) == ["GPU-a"]


@pytest.mark.usefixtures("two")
class WaitingTest(Cast):
    @pytest.fixture(autouse=True)
    def hands(self, monkeypatch) -> None:
        self.trained: list = []
        monkeypatch.setattr(training, "train", lambda run, held: (self.trained.append([gpu.key for gpu in held.gpus]), jobs.finish(run)))

    def waiting(self, config: dict) -> Run:
        return Run.objects.create(project=self.project, config=config)

    def test_a_run_waits_for_its_gpu_in_line_and_that_is_no_attempt(self) -> None:
        busy, run = Held(settings.DATA / "gpus"), self.waiting(SECOND)
        assert busy.take(SECOND) and not training.perform(str(run.id))
        run.refresh_from_db()
        assert (run.status, run.attempts, run.started, run.log) == ("queued", 0, None, "")
        busy.release()
        assert training.perform(str(run.id)) and self.trained == [["GPU-b"]]
        assert busy.take(BOTH), "what was held for the run is free again"
        busy.release()


def test_a_gpu_that_is_not_there_is_refused_by_the_name_of_the_option(two: Path, tmp_path: Path) -> None:
    with pytest.raises(TrainingFailed, match="devices says cuda:7, .* has 2 GPUs"):
        training.spawn(Run(), Held(tmp_path), {"config": AUTO | {"devices": "cuda:7"}})
