"""Ways to pack a model for speed: engine, number format, input size and threads; and which of them a machine can try. Nothing here loads torch."""

import hashlib
import json
import os
import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import onnx

from trainer.bundle import ENGINE, Bundle
from trainer.parts import takes_size

TORCH, ONNXRUNTIME, OPENVINO, CUDA, TENSORRT = "torch", "onnxruntime", "openvino", "cuda", "tensorrt"
FP32, BF16, FP16, INT8 = "fp32", "bf16", "fp16", "int8"
SIZES = 3
STEP = 32  # a network halves its picture five times
SMALLEST = 64
MOST_THREADS = 8

_PACKAGES = ("torch", "onnxruntime", "onnxruntime-gpu", "openvino", "nncf", "tensorrt")
# What decides which number formats are fast here; the rest of a processor's hundred flags says nothing about it.
_TELLING = {"avx2", "avx512f", "avx512_bf16", "avx512_vnni", "avx_vnni", "avx512_fp16", "amx_bf16", "amx_int8", "amx_fp16", "asimdhp", "bf16", "i8mm"}
_FAST_BF16, _FAST_FP16 = {"avx512_bf16", "amx_bf16", "bf16"}, {"avx512_fp16", "amx_fp16", "asimdhp"}


@dataclass(frozen=True, order=True)
class Variant:
    """One way to pack a model. input_size: pixels, width and height. threads: of one answer; where a GPU computes it, 1."""

    engine: str
    precision: str
    input_size: int
    threads: int

    @property
    def name(self) -> str:
        """Such as openvino-int8-192-t2."""
        return f"{self.packed}-t{self.threads}"

    @property
    def packed(self) -> str:
        """Such as openvino-int8-192: what is converted; the number of threads changes nothing in it."""
        return f"{self.engine}-{self.precision}-{self.input_size}"

    @property
    def is_served(self) -> bool:
        """Whether it may answer for a project; PyTorch is measured alone, since it would fill a web process."""
        return self.engine in (ONNXRUNTIME, OPENVINO)


@dataclass(frozen=True)
class Machine:
    """What measured times are true of. flags: of the processor, those that decide how fast a number format is. gpu: its name, or nothing."""

    name: str
    cores: int
    versions: Mapping[str, str] = field(default_factory=dict)
    flags: frozenset[str] = frozenset()
    gpu: str = ""

    @property
    def key(self) -> str:
        """64 hexadecimal digits, the same for machines whose times may be compared."""
        facts = json.dumps([self.name, self.cores, sorted(self.versions.items()), sorted(self.flags), self.gpu])
        return hashlib.sha256(facts.encode()).hexdigest()

    def to_dict(self) -> dict:
        """As plain values."""
        return asdict(self) | {"versions": dict(self.versions), "flags": sorted(self.flags)}


def offered(bundle: Bundle, machine: Machine) -> list[Variant]:
    """What this machine can try with this model: the model as it was trained first, then the likely best, and PyTorch last."""
    sizes = sizes_of(bundle)
    kinds = [kind for kind in _kinds(machine) if kind[0] not in (CUDA, TENSORRT)]
    found = [Variant(engine, precision, size, threads) for size in sizes for engine, precision in kinds for threads in _threads(machine)]
    found += [Variant(engine, precision, size, 1) for size in sizes for engine, precision in _kinds(machine) if engine in (CUDA, TENSORRT)]
    return sorted(found, key=lambda variant: variant.engine == TORCH)


def original(bundle: Bundle, machine: Machine) -> Variant:
    """The model as it was trained, on as many threads as serving gives it."""
    return Variant(ONNXRUNTIME, FP32, bundle.input_size, min(2, machine.cores))


def sizes_of(bundle: Bundle) -> list[int]:
    """The size that the model was trained with, and smaller multiples of 32 where its network takes them; the largest first."""
    native = bundle.input_size
    smaller = list(range((native - 1) // STEP * STEP, SMALLEST - 1, -STEP))[: SIZES - 1]
    if not smaller or bundle.engine != ENGINE or bundle.precision != FP32:
        return [native]
    model = onnx.load(bundle.model_path)
    return [native, *(size for size in smaller if takes_size(model, size))]


def this_machine() -> Machine:
    """This machine, by what the system says about itself."""
    return Machine(name=_processor(), cores=len(os.sched_getaffinity(0)), versions=_versions(), flags=_flags(), gpu=_gpu())


def _kinds(machine: Machine) -> list[tuple[str, str]]:
    """Pairs of engine and number format."""
    has = machine.versions.__contains__
    bf16 = [BF16] if machine.flags & _FAST_BF16 else []
    fp16 = [FP16] if machine.flags & _FAST_FP16 else []
    kinds = [(ONNXRUNTIME, FP32), (ONNXRUNTIME, INT8)]
    kinds += [(OPENVINO, precision) for precision in [FP32, *bf16, *fp16, *([INT8] if has("nncf") else [])] if has("openvino")]
    kinds += [(TORCH, precision) for precision in [FP32, *bf16] if has("torch")]
    kinds += [(CUDA, precision) for precision in (FP32, BF16, FP16) if machine.gpu and has("torch")]
    kinds += [(TENSORRT, precision) for precision in (FP32, FP16) if machine.gpu and has("tensorrt") and has("onnxruntime-gpu")]
    return kinds


def _threads(machine: Machine) -> list[int]:
    """1, 2, 4, 8: as far as there are cores."""
    return [count for count in (1, 2, 4, MOST_THREADS) if count <= machine.cores]


def _versions() -> dict[str, str]:
    found = {}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue  # what is not installed is not offered
    return found


def _processor() -> str:
    return _cpuinfo().get("model name") or platform.processor() or platform.machine()


def _flags() -> frozenset[str]:
    facts = _cpuinfo()
    return frozenset((facts.get("flags") or facts.get("Features") or "").split()) & _TELLING


def _cpuinfo() -> dict[str, str]:
    """What Linux says about the first processor; nothing elsewhere."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").partition("\n\n")[0].splitlines()
    except OSError:
        return {}
    return {name.strip(): value.strip() for name, _colon, value in (line.partition(":") for line in lines)}


def _gpu() -> str:
    """The name of the first NVIDIA GPU as its driver gives it."""
    for file in sorted(Path("/proc/driver/nvidia/gpus").glob("*/information")):
        for line in file.read_text(encoding="utf-8").splitlines():
            if line.startswith("Model:"):
                return line.partition(":")[2].strip()
    return ""
