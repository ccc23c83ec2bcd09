"""Which GPUs a machine has, and which of them a run gets: asked of a folder that stands for the driver's."""

import os
from pathlib import Path

import pytest

from worker.gpus import Gpu, allowed, choices, from_driver, from_tool, lacks, said, seen_as, wanted

TWO = [Gpu("GPU-a", "H100"), Gpu("GPU-b", "H100")]


def driver(folder: Path, *facts: str) -> Path:
    for number, text in enumerate(facts):
        (folder / f"0000:0{number}:00.0").mkdir()
        (folder / f"0000:0{number}:00.0" / "information").write_text(text)
    return folder


# The whole file of a real GPU (driver 580.159.04); only the digits of its UUID are others.
H100 = Gpu("GPU-0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9", "NVIDIA H100 80GB HBM3")
FACTS = f"""Model: \t\t {H100.name}
IRQ:   \t\t 41
GPU UUID: \t {H100.key}
Video BIOS: \t 96.00.da.00.0c
Bus Type: \t PCIe
DMA Size: \t 52 bits
DMA Mask: \t 0xfffffffffffff
Bus Location: \t 0000:00:06.0
Device Minor: \t 0
GPU Firmware: \t 580.159.04
GPU Excluded:\t No
"""


def test_the_drivers_folder_says_model_and_uuid(tmp_path) -> None:
    folder = driver(tmp_path, FACTS, "Model: \t Tesla T4\nGPU UUID: \t GPU-????-??\n")
    assert from_driver(folder) == [H100, Gpu("1", "Tesla T4")]
    assert from_driver(tmp_path / "none") == []


def test_where_the_folder_is_hidden_the_drivers_tool_is_asked(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    tool = tmp_path / "nvidia-smi"
    tool.write_text("#!/bin/sh\necho 'GPU 0: NVIDIA H100 80GB HBM3 (UUID: GPU-0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9)'\necho 'GPU 1: Tesla T4 (UUID: GPU-2-b)'\n")
    tool.chmod(0o755)
    assert from_tool() == [H100, Gpu("GPU-2-b", "Tesla T4")]
    tool.write_text("#!/bin/sh\nexit 9\n")
    assert from_tool() == []


@pytest.mark.parametrize(
    ("visible", "keys"),
    [(None, ["GPU-a", "GPU-b"]), ("", []), ("1", ["GPU-b"]), ("GPU-b, 0", ["GPU-b", "GPU-a"]), ("0,7,1", ["GPU-a"]), ("-1", []), ("MIG-x", ["MIG-x"])],
)
def test_a_worker_takes_only_what_it_was_given(visible: str | None, keys: list[str]) -> None:
    assert [gpu.key for gpu in allowed(TWO, visible)] == keys


@pytest.mark.parametrize(
    ("config", "possible", "is_lacking"),
    [
        ({"preset": "accurate", "devices": "auto"}, (TWO, 1), False),
        ({"preset": "balanced", "devices": "cuda"}, (TWO, 1), False),
        ({"preset": "accurate", "devices": "cuda:1"}, (TWO[1:], 1), False),
        ({"preset": "accurate", "devices": "cuda:7"}, ([], 0), True),
        ({"preset": "accurate", "devices": "2"}, (TWO, 2), False),
        ({"preset": "accurate", "devices": "3"}, (TWO, 2), True),
        ({"preset": "accurate", "devices": "cpu"}, ([], 0), False),
        ({"preset": "quick", "devices": "cuda:7"}, ([], 0), False),
        ({}, (TWO, 1), False),
    ],
)
def test_a_run_may_have_the_gpu_that_it_names_else_any(config: dict, possible: tuple, is_lacking: bool) -> None:
    assert choices(config, TWO) == possible and lacks(config, TWO) == is_lacking
    assert choices(config, []) == ([], 0) and not lacks(config, [])


def test_the_child_sees_its_own_gpu_as_the_only_one() -> None:
    assert seen_as({"devices": "cuda:1", "epochs": 2}) == {"devices": "cuda", "epochs": 2}
    assert seen_as({"devices": "2"}) == {"devices": "2"} and seen_as({}) == {}


def test_a_device_is_said_in_words() -> None:
    assert said(TWO[1:], TWO, 1) == "GPU 1 (H100)" and said(TWO[:1], TWO[:1], 1) == "H100"
    assert said(TWO, TWO, 2) == "GPU 0 (H100), GPU 1 (H100)"
    assert said([], [], 1) == "cpu" and said([], [], wanted({"devices": "2"})) == "cpu × 2"
