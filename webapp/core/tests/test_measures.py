"""Counting in several processes, each in files of its own, as web processes do."""

import signal
import subprocess
import sys

import pytest
from django.test import override_settings

from tests.source import ROOT
from webapp.core import measures

COUNT = """
import sys
from pathlib import Path
from django.conf import settings
settings.configure(DATA=Path(sys.argv[2]), METRICS_TOKEN=sys.argv[3])
from webapp.core import measures
for _ in range(int(sys.argv[1])):
    measures.request("api:predict_by_model", "200", 0.004)
measures.socket_opened(2)
print("counted", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def processes(tmp_path):
    """Starts processes that count on one data folder, and comes back when they have."""
    started = []

    def start(times: int, token: str = "t" * 20) -> subprocess.Popen:
        process = subprocess.Popen([sys.executable, "-c", COUNT, str(times), str(tmp_path), token], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        started.append(process)
        assert process.stdout.readline() == "counted\n"
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def found(data) -> dict:
    """The samples that whoever asks is told, by name and labels."""
    with override_settings(DATA=data):
        samples = [sample for metric in measures.collected() for sample in metric.samples]
    return {sample.name + "".join(f" {value}" for _name, value in sorted(sample.labels.items())): sample.value for sample in samples}


def test_counts_of_processes_are_added_up_and_outlive_one_that_is_killed(processes, tmp_path):
    first, _second = processes(3), processes(4)
    assert found(tmp_path)["aimaker_requests_total api:predict_by_model 200"] == 7 and found(tmp_path)["aimaker_live_sockets"] == 4
    first.send_signal(signal.SIGKILL)
    first.wait()
    assert found(tmp_path)["aimaker_requests_total api:predict_by_model 200"] == 7 and found(tmp_path)["aimaker_live_sockets"] == 2
    processes(5)
    told = found(tmp_path)
    assert told["aimaker_requests_total api:predict_by_model 200"] == 12 and told["aimaker_live_sockets"] == 4
    assert told["aimaker_request_seconds_bucket 0.005 api"] == told["aimaker_request_seconds_count api"] == 12
    assert len(list((tmp_path / "metrics").glob("*.lock"))) == 2  # the third went on in the place of the first


def test_without_a_token_nothing_is_counted_and_nothing_written(processes, tmp_path):
    processes(3, token="")
    assert found(tmp_path) == {} and list(tmp_path.iterdir()) == []


def test_where_there_is_no_room_nothing_is_counted_and_answers_go_out_all_the_same(monkeypatch, tmp_path):
    monkeypatch.setattr(measures, "make_room", lambda file: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    measures._made.cache_clear()
    with override_settings(DATA=tmp_path, METRICS_TOKEN="t" * 20):
        measures.request("api:x", "200", 0.1)
        assert measures.counts() is None
    measures._made.cache_clear()
