"""Training children as processes: one in a folder, and none without its worker."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.machine import wait_for
from tests.source import ROOT
from worker.training_child import here, kill_holder, see_only

HOLDER = """
import sys, time
from pathlib import Path
from worker.training_child import take_folder
held = take_folder(Path(sys.argv[1]))
print("held", flush=True)
time.sleep(60)
"""
PARENT = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; from worker.training_child import die_with_parent; die_with_parent(); print('ready', flush=True); time.sleep(60)"])
print(child.pid, flush=True)
time.sleep(60)
"""


def run(script: str, *words: str) -> subprocess.Popen:
    return subprocess.Popen([sys.executable, "-c", script, *words], cwd=ROOT, stdout=subprocess.PIPE, text=True)


@pytest.fixture
def processes():
    started: list[subprocess.Popen] = []
    yield started
    for process in started:
        process.kill()
        process.wait()
        process.stdout.close()


def test_a_child_that_still_holds_the_folder_is_killed_by_the_next_one(tmp_path: Path, processes: list) -> None:
    processes.append(run(HOLDER, str(tmp_path)))
    assert processes[0].stdout.readline() == "held\n"
    processes[0].send_signal(signal.SIGSTOP)  # as when its whole worker is frozen
    processes.append(run(HOLDER, str(tmp_path)))
    assert processes[1].stdout.readline() == "held\n"
    assert processes[0].wait(5) == -signal.SIGKILL
    assert (tmp_path / "lock").read_text() == f"{here()} {processes[1].pid}"


def test_the_number_of_a_process_of_another_container_kills_nobody_here(tmp_path: Path, processes: list) -> None:
    processes.append(run("import time; print('there', flush=True); time.sleep(60)"))
    assert processes[0].stdout.readline() == "there\n"
    (tmp_path / "lock").write_text(f"another/place {processes[0].pid}")
    kill_holder(tmp_path / "lock")
    assert processes[0].poll() is None
    (tmp_path / "lock").write_text(f"{here()} {processes[0].pid}")
    kill_holder(tmp_path / "lock")
    assert processes[0].wait(5) == -signal.SIGKILL


def test_a_folder_whose_child_has_ended_is_free_whatever_number_stands_in_it(tmp_path: Path, processes: list) -> None:
    (tmp_path / "lock").write_text(f"{here()} {os.getpid()}")  # the number of a process that has nothing to do with it
    processes.append(run(HOLDER, str(tmp_path)))
    assert processes[0].stdout.readline() == "held\n"


def test_a_child_dies_with_its_parent(processes: list) -> None:
    parent = run(PARENT)
    processes.append(parent)
    child = int(parent.stdout.readline())
    assert parent.stdout.readline() == "ready\n"
    parent.kill()
    began = time.monotonic()
    wait_for(lambda: not Path(f"/proc/{child}").exists() or " Z " in Path(f"/proc/{child}/stat").read_text(), 5)
    assert time.monotonic() - began < 2


def test_the_training_child_knows_neither_django_nor_celery() -> None:
    check = "import sys, worker.training_child; sys.exit(bool({'django', 'celery', 'torch'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", check], cwd=ROOT).returncode == 0


def test_a_child_sees_the_gpus_that_it_was_given_and_else_what_it_saw_before(monkeypatch) -> None:
    for name in ("CUDA_VISIBLE_DEVICES", "CUDA_DEVICE_ORDER"):
        monkeypatch.setenv(name, "before")
    for gpus, visible in ((None, "before"), ([], "before"), (["GPU-a", "GPU-b"], "GPU-a,GPU-b")):
        see_only(gpus)
        assert os.environ["CUDA_VISIBLE_DEVICES"] == visible
    assert os.environ["CUDA_DEVICE_ORDER"] == "PCI_BUS_ID"
