"""One run in two processes, on the CPU with gloo: as good as in one, both at work, and none left behind."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from tests.machine import wait_for
from trainer.config import ConfigError, TrainConfig
from trainer.devices import check_devices
from trainer.distributed import LACK, ROOT, Group
from trainer.fit import fit

# What hangs ends here. The limits below are for a machine that is busy with ten other things: without what they watch for it would take minutes, or for ever.
pytestmark = pytest.mark.timeout(600)
SETTINGS = {"preset": "accurate", "image_size": 64, "epochs": 4, "batch_size": 8, "threads": 2, "sizes": "full"}
TRAIN = """
import json, sys
from pathlib import Path
from trainer.shortage import is_out_of_memory
from trainer.config import TrainConfig
from trainer.fit import Cancelled, fit
from trainer.manifest import Manifest
folder, stop = Path(sys.argv[1]), Path(sys.argv[1], "stop")
say = lambda **what: print(json.dumps(what), flush=True)
try:
    result = fit(TrainConfig.from_dict(json.loads(sys.argv[2])), Manifest.load(folder / "manifest.json"), folder,
                 lambda report: say(epoch=report.epoch), should_stop=stop.exists, on_log=lambda line: say(log=line))
    say(accuracy=result.evaluation["accuracy"], device=result.device)
except Cancelled:
    say(cancelled=True)
except Exception as error:
    say(lack=[is_out_of_memory(error), getattr(error, "batch_size", 0)])
"""


LACKING = """
import sys
if "trainer.distributed" in sys.orig_argv:
    import torch
    def lack(*_args, **_values):
        raise torch.OutOfMemoryError("out of memory")
    torch.optim.AdamW.step = lack
"""


class Training:
    """A run in processes of its own, and what it says."""

    def __init__(self, folder: Path, environment: dict[str, str], **settings):
        words = [sys.executable, "-c", TRAIN, str(folder), json.dumps(SETTINGS | settings)]
        self.folder = folder
        self.process = subprocess.Popen(words, cwd=ROOT, env=os.environ | environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def hear(self, name: str):
        """What it says next of this kind."""
        for line in self.process.stdout:
            if name in json.loads(line):
                return json.loads(line)[name]
        raise AssertionError(self.process.stderr.read())

    def others(self) -> list[int]:
        """The processes that it started and that run."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return [int(number) for number in children if is_alive(int(number))]


def is_alive(number: int) -> bool:
    try:
        return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.fixture
def begin(manifest, tmp_path):
    started = []

    def begin(environment: dict[str, str] | None = None, **settings) -> Training:
        manifest.save(tmp_path / "manifest.json")
        started.append(Training(tmp_path, environment or {}, **settings))
        return started[-1]

    yield begin
    for training in started:
        training.process.kill()
        training.process.communicate()


def test_two_processes_learn_from_half_of_the_pictures_each_and_become_as_good_as_one(begin, manifest, tmp_path):
    alone = fit(TrainConfig.from_dict(SETTINGS | {"threads": 1}), manifest, tmp_path / "alone", lambda report: None)
    training = begin(devices="2")
    logs = [training.hear("log") for _line in range(2)]
    counts = [int(count) for count in re.findall(r"from (\d+) and (\d+) pictures", logs[1])[0]]
    assert sum(counts) == len(manifest.train) and min(counts) > len(manifest.train) / 3
    assert abs(training.hear("accuracy") - alone.evaluation["accuracy"]) <= 0.01
    assert training.process.wait(60) == 0


def test_a_process_that_is_lost_ends_the_run_at_once_and_it_goes_on_from_its_checkpoint(begin):
    training = begin(devices="2", epochs=1000)
    training.hear("epoch")
    wait_for(lambda: list(training.folder.glob("checkpoints/*.json")), 60)
    (other,) = training.others()
    os.kill(other, signal.SIGKILL)
    assert training.process.wait(60) == 1
    again = begin(devices="2", epochs=1000)
    assert again.hear("epoch") > 1
    (other,) = again.others()
    again.process.send_signal(signal.SIGKILL)
    wait_for(lambda: not is_alive(other), 30)


def test_a_stop_is_obeyed_at_once_and_nobody_is_left(begin, tmp_path):
    training = begin(devices="2", epochs=1000)
    training.hear("epoch")
    (other,) = training.others()
    (tmp_path / "stop").touch()
    began = time.monotonic()
    assert training.hear("cancelled")
    assert time.monotonic() - began < 30 and not is_alive(other)
    assert training.process.wait(60) == 0


def test_memory_that_runs_out_in_another_process_is_a_lack_of_memory_of_the_run(begin, tmp_path):
    # The other process loads this when it starts; rank 0 does not.
    (tmp_path / "sitecustomize.py").write_text(LACKING)
    training = begin({"PYTHONPATH": str(tmp_path)}, devices="2")
    assert training.hear("lack") == [True, 8]
    assert training.process.wait(60) == 0 and not (tmp_path / "group" / LACK).exists()


def test_shares_are_the_batch_and_weigh_as_much_as_they_hold():
    batch = torch.arange(7)
    shares = [Group(rank, 3).share(batch, torch.ones(7)) for rank in range(3)]
    assert sorted(int(number) for share, _weight in shares for number in share) == list(range(7))
    assert [round(weight / 3 * 7) for _share, weight in shares] == [3, 2, 2]
    assert [weight for _share, weight in (Group(rank, 3).share(batch[:2], torch.ones(2)) for rank in range(3))] == [1.5, 1.5, 0.0]
    assert Group().share(batch, torch.ones(7))[1] == 1.0


def test_with_labels_that_count_more_the_average_of_the_shares_is_the_mean_of_the_batch():
    logits, actual, weights = torch.randn(7, 3, generator=torch.Generator().manual_seed(0)), torch.tensor([0, 1, 1, 1, 2, 1, 0]), torch.tensor([1.5, 0.5, 9.0])
    criterion = torch.nn.CrossEntropyLoss(weight=weights, label_smoothing=0.1)
    shares = [Group(rank, 3).share(torch.arange(7), weights[actual]) for rank in range(3)]
    average = sum(criterion(logits[mine], actual[mine]) * weight for mine, weight in shares) / 3
    assert float(average) == pytest.approx(float(criterion(logits, actual)))


@pytest.mark.parametrize(("devices", "cores", "gpus", "fits"), [("auto", 1, 0, True), ("2", 2, 0, True), ("3", 2, 0, False), ("2", 64, 1, False), ("8", 2, 8, True)])
def test_more_processes_than_gpus_or_cores_are_refused_by_name(devices, cores, gpus, fits):
    if fits:
        return check_devices(devices, cores=cores, gpus=gpus)
    with pytest.raises(ConfigError, match=f"devices must be at most {gpus or cores}") as refusal:
        check_devices(devices, cores=cores, gpus=gpus)
    assert refusal.value.field == "devices"


def test_quick_is_not_divided():
    with pytest.raises(ConfigError, match="devices"):
        TrainConfig.from_dict({"preset": "quick", "devices": "2"})
    with pytest.raises(ConfigError, match="devices"):
        TrainConfig.from_dict({"preset": "accurate", "devices": "0"})
