"""`manage.py up` as a person uses it: one terminal, one line for each trouble, and nothing left behind."""

import os
import signal
import socket
import time

import pytest

from tests.machine import Machine, wait_for

pytestmark = [pytest.mark.fault, pytest.mark.timeout(180)]
ALL_WELL = {"database": "ok", "broker": "ok", "store": "ok", "workers": 1}


@pytest.fixture
def machine(tmp_path):
    machine = Machine(tmp_path / "data")
    yield machine
    machine.end()


def one_line(result) -> str:
    """The only line that a start said when it would not start."""
    lines = (result.stdout + result.stderr).strip().splitlines()
    assert result.returncode == 2 and len(lines) == 1, lines
    return lines[0]


def test_up_becomes_ready_and_ctrl_c_ends_all_of_it_within_10_seconds(machine):
    machine.start_and_wait()
    assert machine.readyz() == (200, ALL_WELL)
    assert f"AI Maker is ready: http://127.0.0.1:{machine.port}/" in machine.said()
    assert len(machine.processes()) >= 7
    began = time.monotonic()
    assert machine.interrupt() == 0
    assert time.monotonic() - began < 10
    assert machine.processes() == [] and machine.readyz()[0] == 0


def test_a_second_up_says_in_a_line_what_is_in_its_way(machine, tmp_path):
    machine.furnished().start_and_wait()
    assert one_line(machine.run_another()).startswith(f"AI Maker already runs on the data folder {machine.data} (process {machine.process.pid}, http")
    other = machine.run_another(AIMAKER_DATA=str(tmp_path / "other"))
    assert one_line(other).startswith(f"Port {machine.port} is in use.")
    assert machine.readyz()[0] == 200


def test_a_port_of_the_web_sockets_that_is_in_use_is_said_in_a_line(machine):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", machine.live_port))
        taken.listen()
        assert one_line(machine.run_another()).startswith(f"Port {machine.live_port} is in use. Stop what listens there, or choose another one: LIVE_PORT=")
    assert machine.processes() == []


def test_kill_9_of_up_leaves_no_process_and_the_next_up_starts_on_the_same_folder(machine):
    machine.furnished().start_and_wait()
    machine.process.kill()
    machine.process.wait()
    wait_for(lambda: not machine.processes(), 12, lambda: str(machine.processes()))
    machine.start_and_wait()
    assert machine.readyz() == (200, ALL_WELL)


def test_every_process_that_dies_is_started_again(machine):
    machine.furnished().start_and_wait()
    for word in ("-m worker ", "worker.dispatcher", "gunicorn", "uvicorn", "redis.sock"):
        before = set(machine.processes(word))
        assert before, f"{word} is not among {machine.processes()}"
        os.kill(min(before), signal.SIGKILL)
        wait_for(lambda word=word, before=before: (now := set(machine.processes(word))) and not now & before, 20, machine.said)
    wait_for(lambda: machine.readyz() == (200, ALL_WELL), 30, lambda: f"{machine.readyz()} {machine.said()}")
