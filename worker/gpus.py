"""The GPUs of this machine, and which of them a run gets. They are asked of the driver: torch would have to be loaded, and CUDA would take memory."""

import os
import re
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path

DRIVER = Path("/proc/driver/nvidia/gpus")
CONTROL = Path("/dev/nvidiactl")
CPU = "cpu"


@dataclass(frozen=True)
class Gpu:
    """A GPU: what CUDA_VISIBLE_DEVICES calls it, and what a person does."""

    key: str
    name: str


@cache
def found() -> list[Gpu]:
    """The GPUs that this process may use, as the machine counts them."""
    if version("torch").endswith("+cpu"):
        return []
    every = from_driver(DRIVER) or (from_tool() if CONTROL.exists() else [])
    return allowed(every, os.environ.get("CUDA_VISIBLE_DEVICES"))


def from_driver(folder: Path) -> list[Gpu]:
    """What the driver's folder lists: a file of facts for each GPU, under its place on the bus."""
    texts = [file.read_text(errors="replace") for file in sorted(folder.glob("*/information"))]
    return [Gpu(fact(text, "GPU UUID") or str(number), fact(text, "Model") or "GPU") for number, text in enumerate(texts)]


def fact(text: str, name: str) -> str:
    """The value behind a name; nothing where the driver does not know it (it writes question marks)."""
    match = re.search(rf"^{re.escape(name)}:[ \t]*(.*?)[ \t]*$", text, re.MULTILINE)
    return match[1] if match and "?" not in match[1] else ""


def from_tool() -> list[Gpu]:
    """What nvidia-smi lists, for containers that hide the driver's folder; nothing when it is not there."""
    try:
        listed = subprocess.run(["nvidia-smi", "-L"], capture_output=True, text=True, timeout=20, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return []
    return [Gpu(key, name) for name, key in re.findall(r"^GPU \d+: (.*) \(UUID: (GPU-[^)]+)\)", listed, re.MULTILINE)]


def allowed(every: list[Gpu], visible: str | None) -> list[Gpu]:
    """Those that whoever started the worker lets it use: CUDA_VISIBLE_DEVICES has numbers or UUIDs, and one that is unknown ends the list."""
    if visible is None:
        return every
    known = {str(number): gpu for number, gpu in enumerate(every)} | {gpu.key: gpu for gpu in every}
    chosen: list[Gpu] = []
    for key in filter(None, visible.replace(" ", "").split(",")):
        if key.startswith("MIG-"):
            chosen.append(Gpu(key, "MIG"))
        elif key in known:
            chosen.append(known[key])
        else:
            break
    return chosen


def wanted(config: dict) -> int:
    """How many GPUs a run asks for, where there are any: none for the quick head and for cpu, so many for a number, else one."""
    devices = str(config.get("devices", "auto"))
    if config.get("preset") == "quick" or devices == CPU:
        return 0
    return int(devices) if devices.isdecimal() else 1


def choices(config: dict, every: list[Gpu]) -> tuple[list[Gpu], int]:
    """GPUs that will do for a run, the one that it names (cuda:1) or all, and how many of them it gets; none where it names one that is not there."""
    named, count = number(config), wanted(config)
    possible = every if named is None else every[named : named + 1]
    return (possible, min(count, len(possible))) if count else ([], 0)


def number(config: dict) -> int | None:
    """Which GPU a run names: 1 for cuda:1."""
    said = str(config.get("devices", "")).removeprefix("cuda:")
    return int(said) if said.isdecimal() and str(config["devices"]).startswith("cuda:") and wanted(config) else None


def lacks(config: dict, every: list[Gpu]) -> bool:
    """Whether a run names a GPU that this machine has not, or more than it has."""
    return bool(every) and max(wanted(config), (number(config) or 0) + 1) > len(every)


def seen_as(config: dict) -> dict:
    """The settings as the child must read them, which sees its own GPUs alone: cuda:1 is the only one there."""
    return config | {"devices": "cuda"} if str(config.get("devices", "")).startswith("cuda:") else config


def said(chosen: Iterable[Gpu], every: list[Gpu], processes: int) -> str:
    """Where a run trains, in words: "NVIDIA H100", "GPU 2 (NVIDIA H100)", "cpu" or "cpu × 2"."""
    names = [gpu.name if len(every) == 1 else f"GPU {every.index(gpu)} ({gpu.name})" for gpu in chosen]
    return ", ".join(names) or (CPU if processes < 2 else f"{CPU} × {processes}")
