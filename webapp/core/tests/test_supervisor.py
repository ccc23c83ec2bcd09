"""The parts of `manage.py up`; the whole is run in tests/test_up.py."""

import os
import socket
import sys
import time
from pathlib import Path

import pytest

from webapp.core.supervisor import checks, guard, private_redis
from webapp.core.supervisor.process import QUICK_DEATHS, Process


def python(program: str, on_line=lambda name, line: None) -> Process:
    return Process("one", [sys.executable, "-S", "-c", program], dict(os.environ), f"test{time.monotonic_ns()}", on_line)


def wait_until(condition) -> None:
    ends = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < ends
        time.sleep(0.01)


def test_lines_of_a_process_are_handed_on_under_its_name():
    heard = []
    process = python("print('hello'); print('there')", lambda name, line: heard.append((name, line)))
    process.start()
    wait_until(lambda: len(heard) == 2 and not process.is_running)
    assert heard == [("one", "hello"), ("one", "there")]


def test_a_process_that_dies_quickly_five_times_is_given_up_with_its_last_lines():
    process = python("print('no such thing'); raise SystemExit(3)")
    for death in range(1, QUICK_DEATHS + 1):
        assert not process.gives_up
        process.start()
        wait_until(lambda: not process.is_running and len(process.last_lines()) == death)
        assert process.record_death() == "one ended with code 3"
        assert process.start_at > time.monotonic() + 0.4
    assert process.gives_up and set(process.last_lines()) == {"no such thing"}


def test_children_of_a_dead_process_are_ended_wherever_they_moved_to():
    program = "import subprocess, sys, os; subprocess.Popen([sys.executable, '-S', '-c', 'import time; time.sleep(60)'], start_new_session=True); os._exit(1)"
    process = python(program)
    process.start()
    wait_until(lambda: not process.is_running and guard.marked(process.mark))
    process.record_death()
    wait_until(lambda: not guard.marked(process.mark))


def test_what_does_not_stop_when_asked_is_killed_at_the_end_of_its_grace():
    process = python("import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('ready', flush=True); time.sleep(60)")
    group = process.start()
    wait_until(process.last_lines)
    began = time.monotonic()
    guard.clear(process.mark, {group}, grace=0.5)
    process.popen.wait(timeout=5)
    assert 0.5 <= time.monotonic() - began < 3


def test_a_port_in_use_is_one_line_with_another_port_to_try():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(checks.CannotStart, match=rf"Port {port} is in use.*PORT={port + 100} make run"):
            checks.check_port("127.0.0.1", port, "PORT")
    checks.check_port("127.0.0.1", port, "PORT")


def test_a_folder_that_is_not_there_is_one_line_that_names_the_setting(tmp_path):
    with pytest.raises(checks.CannotStart, match="cannot write .*Set AIMAKER_DATA"):
        checks.check_folder(tmp_path / "gone")


def test_a_disk_that_is_nearly_full_is_one_line_with_what_is_left(tmp_path, monkeypatch):
    monkeypatch.setattr(checks, "NEEDED_BYTES", 10**18)
    with pytest.raises(checks.CannotStart, match=r"has only \d+ MB left"):
        checks.check_folder(tmp_path)


def test_one_folder_is_held_once_and_by_somebody_else_after_that(tmp_path):
    held = checks.lock_folder(tmp_path, "http://here/")
    with pytest.raises(checks.CannotStart, match=rf"already runs .*process {os.getpid()}, http://here/"):
        checks.lock_folder(tmp_path, "http://there/")
    held.close()
    checks.lock_folder(tmp_path, "http://there/").close()


def test_the_private_redis_keeps_its_data_and_listens_on_no_port(tmp_path):
    command = private_redis.command(tmp_path / "redis")
    options = dict(zip(command[1::2], command[2::2], strict=True))
    assert (options["--port"], options["--appendonly"], options["--maxmemory-policy"]) == ("0", "yes", "noeviction")
    assert (tmp_path / "redis").stat().st_mode & 0o777 == 0o700


def test_a_folder_with_a_long_name_gets_a_socket_that_is_short_enough(tmp_path):
    deep = tmp_path / ("x" * 120)
    deep.mkdir()
    assert private_redis.socket_path(tmp_path / "r") == tmp_path / "r" / "redis.sock" or len(str(tmp_path)) > 88
    short = private_redis.socket_path(deep)
    assert len(str(short)) <= private_redis.SOCKET_LIMIT and short == private_redis.socket_path(deep)
    short.parent.rmdir()


def test_a_machine_without_redis_uses_the_one_of_the_wheel(monkeypatch):
    monkeypatch.setenv("PATH", "")
    assert Path(private_redis.find_server()).name in ("valkey-server", "redis-server")
