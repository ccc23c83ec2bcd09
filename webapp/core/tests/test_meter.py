import subprocess
import sys
from pathlib import Path
from unittest.mock import patch

import pytest

from webapp.core.meter import PLACES, TRIES, Meter
from webapp.core.test import early_in_a_minute

NOON = 1_800_000_000 // 60 * 60
ELSEWHERE = "import sys; from pathlib import Path; from webapp.core.meter import Meter; print(Meter(Path(sys.argv[1])).use('alice', 9).remaining)"


@pytest.fixture
def clock():
    with patch("webapp.core.meter.time.time", return_value=NOON + 40.5) as clock:
        yield clock


def test_a_caller_has_so_many_calls_a_minute_and_hears_what_is_left(tmp_path, clock):
    meter = Meter(tmp_path / "calls")
    assert [meter.use("alice", 2), meter.use("alice", 2), meter.use("alice", 2)] == [(2, 1, 20), (2, 0, 20), None]
    assert (meter.over("bob", 1), meter.over("bob", 1)) == (False, True)
    clock.return_value += 20
    assert meter.use("alice", 2) == (2, 1, 60)


def test_all_processes_of_a_machine_count_together(tmp_path):
    ours = Meter(tmp_path / "calls")
    early_in_a_minute(10)  # the other process needs a moment of the same minute
    assert ours.use("alice", 9).remaining == 8
    theirs = subprocess.run([sys.executable, "-c", ELSEWHERE, str(tmp_path / "calls")], check=True, capture_output=True, text=True).stdout
    assert (int(theirs), ours.use("alice", 9).remaining) == (7, 6)


def test_callers_do_not_count_for_each_other_also_where_there_are_many(clock):
    meter = Meter()
    callers = [f"caller {number}" for number in range(PLACES // TRIES)]
    assert {meter.use(caller, 9).remaining for caller in callers} == {8}
    assert {meter.use(caller, 9).remaining for caller in callers} == {7}


@pytest.mark.parametrize("content", [b"short", b"\xff" * 300_000])
def test_a_file_with_something_else_in_it_is_used_all_the_same(tmp_path, content, clock):
    Path(tmp_path / "calls").write_bytes(content)
    assert Meter(tmp_path / "calls").use("alice", 3).remaining == 2


def test_a_process_without_a_file_counts_for_itself(tmp_path, clock):
    meter = Meter(tmp_path / "gone" / "calls")
    assert [meter.use("alice", 1), meter.use("alice", 1)] == [(1, 0, 20), None]
