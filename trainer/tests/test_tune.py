"""Measuring: in a process of its own, which can be stopped at any moment, and which says why when it cannot."""

import json
import time
from dataclasses import asdict
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from trainer import tune
from trainer.bundle import read_bundle
from trainer.tests.tiny import SIDE, tiny_bundle
from trainer.tune import TuneError, run_child
from trainer.variants import Machine, Variant, offered, this_machine

NATIVE = Variant("onnxruntime", "fp32", SIDE, 1)


class Stop(Exception):
    pass


@pytest.fixture(scope="module")
def pictures(drawn):
    return [(path, path.parent.name) for path in sorted(drawn.glob("*/*.jpg"))]


@pytest.fixture(scope="module")
def model(pictures, tmp_path_factory):
    return tiny_bundle(tmp_path_factory.mktemp("tiny") / "bundle", pictures)


def test_a_child_measures_and_says_of_each_picture_what_it_answered(model, pictures, tmp_path):
    asked = [[str(path), label] for path, label in pictures] + [[str(tmp_path / "gone.jpg"), "leaf"]]
    found = run_child({"verb": "measure", "folder": str(model), "variant": asdict(NATIVE), "pictures": asked})
    assert 0 < found["p50_ms"] <= found["p95_ms"] and found["per_second"] > 0
    assert found["size_bytes"] == (model / "model.onnx").stat().st_size and 20e6 < found["memory_bytes"] < 500e6
    right = [answer == label for answer, (_path, label) in zip(found["answers"], pictures, strict=False)]
    assert found["answers"][-1] == "" and found["accuracy"] == pytest.approx(sum(right) / len(pictures)) and found["accuracy"] > 0.6


def test_a_child_that_cannot_says_why(model, tmp_path):
    with pytest.raises(TuneError, match="None of the pictures"):
        run_child({"verb": "measure", "folder": str(model), "variant": asdict(NATIVE), "pictures": [[str(tmp_path / "gone.jpg"), "leaf"]]})


def test_a_job_that_is_to_stop_is_gone_at_once(model, pictures):
    asked, began, seen = [[str(path), label] for path, label in pictures] * 5000, time.monotonic(), set()

    def check():
        seen.update(children())
        if time.monotonic() > began + 1:
            raise Stop

    before = children()

    with pytest.raises(Stop):
        run_child({"verb": "measure", "folder": str(model), "variant": asdict(NATIVE), "pictures": asked}, check)
    assert seen - before and not (seen - before) & children()


def children():
    """The processes that this one started, those too that have ended and were not waited for."""
    return {pid for task in Path("/proc/self/task").iterdir() for pid in (task / "children").read_text().split()}


def test_a_job_that_takes_too_long_is_stopped_with_a_reason(model):
    with pytest.raises(TuneError, match="longer than 0 seconds"):
        run_child({"verb": "measure", "folder": str(model), "variant": asdict(NATIVE), "pictures": [], "seconds": 0})


def test_only_what_a_machine_has_is_offered(model):
    about = read_bundle(model)
    plain = Machine("a", 2, {"onnxruntime": "1"})
    assert {way.name for way in offered(about, plain)} == {f"onnxruntime-{kind}-{size}-t{threads}" for kind in ("fp32", "int8") for size in (96, 64) for threads in (1, 2)}
    rich = Machine("a", 4, {"onnxruntime": "1", "openvino": "1", "nncf": "1", "torch": "1"}, frozenset({"avx512_bf16"}))
    ways = offered(about, rich)
    assert Variant("openvino", "bf16", 64, 4) in ways and Variant("openvino", "int8", 96, 1) in ways
    assert ways[0] == Variant("onnxruntime", "fp32", 96, 1) and ways[-1].engine == "torch" and not any(way.engine == "cuda" for way in ways)


def test_times_of_machines_that_differ_are_not_compared():
    machine = this_machine()
    assert machine.key == this_machine().key and machine.cores >= 1
    assert Machine(machine.name, machine.cores + 1, machine.versions, machine.flags).key != machine.key


class Timed:
    """Stands for a network that answers in 1 ms, and at every tenth time in 8, because another process had the core; `clock` is what the time is read from."""

    def __init__(self) -> None:
        self.now, self.waited, self.asked = 0.0, 0.0, []

    def run(self, _picture, wanted):
        disturbed = len(self.asked) % 10 == 9
        self.now, self.waited = self.now + (0.008 if disturbed else 0.001), self.waited + 0.007 * disturbed
        self.asked.append(wanted)
        return [np.array([[1.0, 0.0, 0.0]])] * len(wanted)


def test_the_median_is_of_answers_that_nothing_disturbed_and_the_95th_of_all_with_all_that_serving_asks_for(model, pictures, monkeypatch):
    network = Timed()
    monkeypatch.setattr(tune.engines, "load", lambda *_all: network)
    monkeypatch.setattr(tune, "time", SimpleNamespace(perf_counter=lambda: network.now))
    monkeypatch.setattr(tune, "_waited", lambda: network.waited)
    found = tune.measure(model, NATIVE, pictures[:4])
    assert (found.p50_ms, found.p95_ms, found.per_second) == pytest.approx((1, 8, 1000))
    assert network.asked[: tune.TIMES] == [["probabilities", "features"]] * tune.TIMES


def test_a_child_leaves_nothing_outside_its_room_makes_golden_answers_alone_where_asked_and_loads_nothing_that_reports(model, tmp_path, monkeypatch):
    room, spies = tmp_path / "room", tmp_path / "spies"
    room.mkdir()
    spies.mkdir()
    (spies / "sitecustomize.py").write_text(f"import pathlib, tempfile\npathlib.Path({str(spies / 'files')!r}).write_text(tempfile.gettempdir())\n")
    (spies / "openvino_telemetry.py").write_text(f"import pathlib\npathlib.Path({str(spies / 'reported')!r}).touch()\n")
    monkeypatch.setenv("PYTHONPATH", str(spies))
    way = Variant("openvino", "fp32", SIDE, 1)
    run_child({"verb": "convert", "bundle": str(model), "variant": asdict(way), "out": str(room / "made"), "calibration": [], "golden": "answers"}, room=room)
    assert Path((spies / "files").read_text()).parent == room and [path.name for path in room.iterdir()] == ["made"]
    assert not (spies / "reported").exists()
    names = [entry["file"] for entry in json.loads((room / "made/golden/golden.json").read_text())]
    assert names == ["1.jpg", "2.jpg", "3.jpg", "4.jpg"] and [path.name for path in (room / "made/golden").iterdir()] == ["golden.json"]
