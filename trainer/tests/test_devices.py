import pytest

from trainer.config import ConfigError, TrainConfig
from trainer.devices import check_devices
from trainer.fit import fit


@pytest.mark.parametrize(("devices", "gpus", "refusal"), [
    ("cuda", 0, "devices must be auto, cpu or a number: this machine has no GPU"),
    ("cuda:7", 0, "this machine has no GPU"),
    ("cuda:7", 2, "devices must be at most cuda:1"),
    ("cuda:2", 2, "devices must be at most cuda:1"),
])
def test_a_gpu_that_is_not_there_is_refused_by_name(devices, gpus, refusal):
    with pytest.raises(ConfigError, match=refusal) as refused:
        check_devices(devices, cores=64, gpus=gpus)
    assert refused.value.field == "devices"


@pytest.mark.parametrize(("devices", "gpus"), [("cuda", 1), ("cuda:0", 1), ("cuda:1", 2), ("cpu", 0), ("auto", 0)])
def test_a_gpu_that_is_there_is_not(devices, gpus):
    assert check_devices(devices, cores=1, gpus=gpus) is None


def test_a_run_on_a_machine_without_its_gpu_says_so(manifest, tmp_path):
    with pytest.raises(ConfigError, match="devices must be"):
        fit(TrainConfig.from_dict({"preset": "accurate", "image_size": 64, "devices": "cuda:99"}), manifest, tmp_path, lambda report: None)
