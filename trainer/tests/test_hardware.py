import pytest
import torch

from trainer.hardware import WORTH_PLANNING, device_of, memory_format, mixed_precision, name_of

CPU, CUDA = torch.device("cpu"), torch.device("cuda:0")


@pytest.mark.parametrize(("there", "name", "rank", "device"), [
    (False, "auto", 0, "cpu"), (True, "auto", 0, "cuda"), (True, "cpu", 0, "cpu"), (True, "cuda:1", 0, "cuda:1"), (True, "2", 1, "cuda:1"), (False, "2", 1, "cpu"),
])
def test_the_device_follows_from_the_option_and_from_what_there_is(monkeypatch, there: bool, name: str, rank: int, device: str) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: there)
    assert device_of(name, rank) == torch.device(device)


@pytest.mark.parametrize(("bfloat16", "wanted"), [(True, torch.bfloat16), (False, torch.float16)])
def test_a_gpu_computes_in_the_sixteen_bits_that_it_has(monkeypatch, bfloat16: bool, wanted: torch.dtype) -> None:
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation=True: bfloat16 or including_emulation)
    assert mixed_precision("auto", CUDA) is wanted


@pytest.mark.parametrize(("tiles", "wanted"), [(True, torch.bfloat16), (False, torch.float32)])
def test_a_processor_computes_in_sixteen_bits_only_where_that_is_faster(monkeypatch, tiles: bool, wanted: torch.dtype) -> None:
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: tiles)
    assert mixed_precision("auto", CPU) is wanted and mixed_precision("bfloat16", CPU) is torch.bfloat16


def test_two_processes_on_the_cpu_are_called_so() -> None:
    assert (name_of(CPU), name_of(CPU, 2)) == ("cpu", "cpu × 2")


@pytest.mark.parametrize(("device", "groups", "looks", "wanted"), [
    (CPU, 8, 10, torch.channels_last), (CUDA, 1, 10, torch.channels_last), (CUDA, 8, 10, torch.contiguous_format), (CUDA, 8, WORTH_PLANNING, torch.channels_last),
])
def test_a_gpu_prepares_for_channels_last_only_where_that_is_quick_or_pays(device: torch.device, groups: int, looks: int, wanted: torch.memory_format) -> None:
    assert memory_format(torch.nn.Sequential(torch.nn.Conv2d(8, 8, 3, groups=groups)), device, looks) is wanted
