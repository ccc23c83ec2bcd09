"""Every knob of a training run: its default, its bounds and one line of help."""

import math
import re
from collections.abc import Mapping
from dataclasses import Field, asdict, dataclass, field, fields
from typing import Any, NoReturn, Self

# What the training child should be started with. glibc gives big tensors back to the kernel after every step by default,
# and the page faults of getting them again cost about a third of a CPU step. Threads that wait by spinning took 3.5 s of
# processor time for a step that needs 1.2 where others wanted the cores too.
ENVIRONMENT = {"MALLOC_TRIM_THRESHOLD_": "-1", "MALLOC_MMAP_THRESHOLD_": "4294967296", "OMP_WAIT_POLICY": "PASSIVE"}

DEFAULT_BACKBONE = "efficientnet_lite0"


class ConfigError(ValueError):
    """A training option was refused; `field` names it and the message is a sentence for a person."""

    def __init__(self, field_name: str, message: str) -> None:
        super().__init__(message)
        self.field = field_name


def _whole(default: int, low: int, high: int, text: str) -> Any:
    return field(default=default, metadata={"kind": "whole", "low": low, "high": high, "help": text})


def _real(default: float | None, low: float, high: float, text: str, empty: bool = False) -> Any:
    bounds = {"kind": "real", "low": low, "high": high, "help": text, "empty": empty}
    return field(default=default, metadata=bounds)


def _choice(default: str, choices: tuple[str, ...], text: str) -> Any:
    return field(default=default, metadata={"kind": "choice", "choices": choices, "help": text})


def _pattern(default: str, pattern: str, example: str, text: str) -> Any:
    return field(default=default, metadata={"kind": "pattern", "pattern": pattern, "example": example, "help": text})


@dataclass(frozen=True)
class TrainConfig:
    """How one run trains. Make it with `from_dict`, which fills in the preset's own defaults and checks every value."""

    preset: str = _choice("quick", ("quick", "balanced", "accurate"), "How much effort to spend.")
    epochs: int = _whole(50, 1, 1000, "How many times all training pictures are seen.")
    batch_size: int = _whole(32, 1, 1024, "How many pictures are learned from at once; quick uses all of them.")
    learning_rate: float = _real(1.0, 1e-6, 10.0, "The largest step of the optimizer.")
    weight_decay: float | None = _real(None, 0.0, 100.0, "Pull of the weights to zero; empty lets quick choose it from the training pictures.", empty=True)
    seed: int = _whole(0, 0, 2**31 - 1, "The same seed and pictures give the same model.")
    backbone: str = _pattern(DEFAULT_BACKBONE, r"[a-z0-9][a-z0-9_.]{0,99}", DEFAULT_BACKBONE, "The pretrained network to start from.")
    image_size: int = _whole(224, 64, 640, "Width and height in pixels that the network sees.")
    patience: int = _whole(0, 0, 1000, "Stop after this many epochs without improvement; 0 never stops early.")
    augment: str = _choice("light", ("none", "light", "strong"), "How much training pictures are varied.")
    label_smoothing: float = _real(0.1, 0.0, 0.5, "Share of certainty given to the other labels; quick uses none.")
    class_weights: str = _choice("none", ("none", "balanced"), "Whether labels with few pictures count more.")
    warmup_epochs: float = _real(1.0, 0.0, 100.0, "Epochs over which the learning rate rises from zero.")
    ema: float = _real(0.98, 0.0, 0.9999, "Decay of the running average of the weights; 0 turns it off.")
    precision: str = _choice("auto", ("auto", "float32", "bfloat16"), "Number format of training; auto takes the fastest that is safe.")
    devices: str = _pattern("auto", r"auto|cpu|cuda(:\d{1,2})?", "auto, cpu, cuda or cuda:0", "Where to train.")
    threads: int = _whole(0, 0, 256, "Processor threads; 0 takes all.")

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """A checked configuration from plain values (numbers may be strings, as forms send them). Raises ConfigError."""
        known = {f.name: f for f in fields(cls)}
        for name in values:
            if name not in known:
                raise ConfigError(name, f"{name} is not an option of training. The options are: {', '.join(known)}.")
        preset = "quick" if values.get("preset") in (None, "", "auto") else values["preset"]
        checked = {"preset": _check(known["preset"], preset)}
        for name, value in {**PRESETS[preset], **values}.items():
            if name != "preset":
                checked[name] = _check(known[name], value)
        return cls(**checked)._consistent()

    def to_dict(self) -> dict[str, Any]:
        """Plain values that `from_dict` takes back."""
        return asdict(self)

    def _consistent(self) -> Self:
        if self.preset == "quick" and self.backbone != DEFAULT_BACKBONE:
            raise ConfigError("backbone", f"backbone must be {DEFAULT_BACKBONE} with preset quick. Choose preset accurate to train another network.")
        if self.preset == "quick" and self.image_size != 224:
            raise ConfigError("image_size", "image_size must be 224 with preset quick. Choose preset accurate for another size.")
        return self


_FINE_TUNING = {"learning_rate": 0.0005, "weight_decay": 0.02}

# What each preset changes of the defaults above.
PRESETS = {
    "quick": {},
    "balanced": {**_FINE_TUNING, "epochs": 4},
    "accurate": {**_FINE_TUNING, "epochs": 12},
}


def resolve(preset: str | None, image_count: int, cuda: bool) -> str:
    """The preset that `auto` (or nothing) stands for: fine-tuning all weights where a GPU makes it quick, else the linear head."""
    if preset not in ("auto", "", None):
        return preset
    return "accurate" if cuda and image_count >= 40 else "quick"


def describe() -> list[dict[str, Any]]:
    """One plain dict for each option (name, default, kind, bounds or choices, help), for forms and documents."""
    return [{"name": f.name, "default": f.default, **f.metadata} for f in fields(TrainConfig)]


def _check(option: Field, value: Any) -> Any:
    return _CHECKS[option.metadata["kind"]](option, value)


def _refuse(option: Field, wanted: str) -> NoReturn:
    raise ConfigError(option.name, f"{option.name} must be {wanted}.")


def _check_whole(option: Field, value: Any) -> int:
    low, high = option.metadata["low"], option.metadata["high"]
    number = _number(value)
    if number is None or number != int(number) or not low <= number <= high:
        _refuse(option, f"a whole number from {low} to {high}")
    return int(number)


def _check_real(option: Field, value: Any) -> float | None:
    low, high = option.metadata["low"], option.metadata["high"]
    if option.metadata["empty"] and value in (None, ""):
        return None
    number = _number(value)
    if number is None or not low <= number <= high:
        _refuse(option, f"a number from {low:g} to {high:g}")
    return number


def _check_choice(option: Field, value: Any) -> str:
    choices = option.metadata["choices"]
    if value not in choices:
        _refuse(option, f"one of {', '.join(choices)}")
    return value


def _check_pattern(option: Field, value: Any) -> str:
    if not isinstance(value, str) or not re.fullmatch(option.metadata["pattern"], value):
        _refuse(option, f"a name such as {option.metadata['example']}")
    return value


_CHECKS = {"whole": _check_whole, "real": _check_real, "choice": _check_choice, "pattern": _check_pattern}


def _number(value: Any) -> float | None:
    """A finite float from a number or its text, or None."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None
