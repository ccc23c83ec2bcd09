import errno
import multiprocessing
import os
import signal
import time

import psutil
import pytest

from trainer.bundle import read_bundle
from trainer.child import PRELOAD, explain, serve
from trainer.fit import FitError
from trainer.sentences import said

# As the worker starts them: from a server that has imported torch once.
CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(PRELOAD)
SLOW = {"preset": "accurate", "image_size": 96, "epochs": 200, "batch_size": 8, "warmup_epochs": 0, "threads": 1}


@pytest.fixture
def job(manifest, tmp_path, cache_dir):
    manifest.save(tmp_path / "manifest.json")
    return {
        "config": {"epochs": 5}, "manifest": str(tmp_path / "manifest.json"), "work_dir": str(tmp_path / "work"),
        "bundle_dir": str(tmp_path / "bundle"), "cache_dir": str(cache_dir),
    }


@pytest.fixture
def start(job):
    started = []

    def go(**changes):
        ours, theirs = CONTEXT.Pipe()
        process = CONTEXT.Process(target=serve, args=(theirs, {**job, **changes}), daemon=True)
        process.start()
        theirs.close()
        started.append(process)
        return process, ours

    yield go
    for process in started:
        process.kill()
        process.join()


def messages(connection, until=None):
    """What the child says, up to the first message with the key `until`, or to its end."""
    heard = []
    try:
        while until is None or until not in (heard[-1] if heard else {}):
            assert connection.poll(60), f"the child said nothing for a minute after {heard[-1:]}"
            heard.append(connection.recv())
    except EOFError:
        pass
    return heard


def test_a_child_trains_and_publishes_and_says_so(start, job):
    process, connection = start()
    heard = messages(connection)
    assert [m["stage"] for m in heard if "stage" in m] == ["preparing", "training", "evaluating", "exporting"]
    assert [m["epoch"]["epoch"] for m in heard if "epoch" in m] == [1, 2, 3, 4, 5]
    done = heard[-1]["done"]
    assert (done["bundle"], done["accuracy"], done["skipped"]) == (job["bundle_dir"], 1.0, [])
    assert read_bundle(done["bundle"]).accuracy == done["evaluation"]["accuracy"]
    process.join(10)
    assert process.exitcode == 0


def test_a_wrong_option_is_told_as_a_cause_and_a_next_step(start):
    _, connection = start(config={"epochs": -1})
    told = messages(connection)[-1]["failed"]
    assert said(told["cause"], told["values"]) == "epochs must be a whole number from 1 to 1000."
    assert told["next_step"] == "Change this option, then train again."


def test_a_killed_child_goes_on_where_it_was_and_is_soon_cancelled(start):
    process, connection = start(config=SLOW)
    first = messages(connection, until="epoch")
    messages(connection, until="epoch")
    os.kill(process.pid, signal.SIGKILL)
    reached = [m["epoch"]["epoch"] for m in first + messages(connection) if "epoch" in m][-1]
    process, connection = start(config=SLOW)
    again = messages(connection, until="epoch")[-1]["epoch"]["epoch"]
    assert 1 < again <= reached + 2
    asked = time.monotonic()
    connection.send("cancel")
    assert messages(connection, until="cancelled")[-1] == {"cancelled": True}
    assert time.monotonic() - asked < 4  # 2 seconds, and as much again for a busy machine
    process.join(20)
    assert process.exitcode == 0


def test_a_child_whose_parent_is_gone_ends_at_once(start):
    process, connection = start(config=SLOW)
    messages(connection, until="stage")
    connection.close()
    process.join(10)
    assert process.exitcode == 1 and not psutil.pid_exists(process.pid)


@pytest.mark.parametrize(("error", "cause"), [
    (OSError(errno.ENOSPC, "No space left on device"), "The disk is full."),
    (MemoryError(), "The memory was not enough."),
    (RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes"), "The memory was not enough."),
    (FitError("No readable picture is left to test on."), "No readable picture is left to test on."),
    (KeyError("x"), "Training stopped because of an unexpected error (KeyError: 'x')."),
])
def test_every_failure_has_a_cause_and_a_next_step(error, cause):
    told = explain(error)
    assert said(told["cause"], told["values"]) == cause and told["next_step"].endswith(".")
