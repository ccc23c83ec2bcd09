"""Every knob of a training run: its default, its bounds and one line of help."""

import math
import re
from collections.abc import Mapping
from dataclasses import Field, asdict, dataclass, field, fields
from typing import Any, NoReturn, Self

from trainer.sentences import Refusal, _

# What the training child should be started with. glibc gives big tensors back to the kernel after every step by default,
# and the page faults of getting them again cost about a third of a CPU step. Threads that wait by spinning took 3.5 s of
# processor time for a step that needs 1.2 where others wanted the cores too.
ENVIRONMENT = {"MALLOC_TRIM_THRESHOLD_": "-1", "MALLOC_MMAP_THRESHOLD_": "4294967296", "OMP_WAIT_POLICY": "PASSIVE"}

DEFAULT_BACKBONE = "efficientnet_lite0"
AUTO_BATCH = 8  # of a CPU, where with 12 a training child takes 2 GB; a GPU's search begins with it


class ConfigError(Refusal):
    """A training option was refused; `field` names it and the message is a sentence for a person."""

    def __init__(self, field_name: str, text: str, **values: Any) -> None:
        super().__init__(text, field=field_name, **values)
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

    preset: str = _choice("quick", ("quick", "balanced", "accurate"), _("How much effort to spend."))
    epochs: int = _whole(50, 1, 1000, _("How many times all training pictures are looked at."))
    batch_size: int = _whole(0, 0, 1024, _("How many pictures are learned from at once; 0 finds it, and quick takes all of them."))
    learning_rate: float = _real(1.0, 1e-6, 10.0, _("The largest step of learning."))
    weight_decay: float | None = _real(None, 0.0, 100.0, _("How strongly what is learned is kept simple; empty lets quick choose it from the training pictures."), empty=True)
    seed: int = _whole(0, 0, 2**31 - 1, _("The same seed and pictures give the same AI."))
    backbone: str = _pattern(DEFAULT_BACKBONE, r"[a-z0-9][a-z0-9_.]{0,99}", DEFAULT_BACKBONE, _("The pretrained network to start from; quick always takes efficientnet_lite0."))
    image_size: int = _whole(224, 64, 640, _("Width and height in pixels that the network sees."))
    patience: int = _whole(0, 0, 1000, _("Stop after this many epochs without getting better on the test pictures, which makes their score look a little too good; 0 goes on to the end."))
    augment: str = _choice("light", ("none", "light", "strong"), _("How much training pictures are cropped, mirrored and tinted, so that few go further; quick takes them as they are."))
    sizes: str = _choice("full", ("full", "growing"), _("Whether the first epochs look at smaller pictures, which is faster; quick takes them as they are."))
    label_smoothing: float = _real(0.1, 0.0, 0.5, _("Share of certainty given to the other labels; quick uses none."))
    class_weights: str = _choice("none", ("none", "balanced"), _("Whether labels with few pictures count more; balanced evens them out."))
    warmup_epochs: float = _real(1.0, 0.0, 100.0, _("Epochs over which the learning rate rises from zero."))
    ema: float = _real(0.98, 0.0, 0.9999, _("Decay of the running average of the weights; 0 turns it off."))
    precision: str = _choice("auto", ("auto", "float32", "bfloat16", "float16"), _("Number format of training; auto takes the fastest that is safe."))
    compile: str = _choice("off", ("off", "on"), _("Whether torch compiles the network first, which takes a minute or more; meant for long runs on a GPU."))
    devices: str = _pattern("auto", r"auto|cpu|cuda(:\d{1,2})?|[1-9]\d?", "auto, cpu, cuda, cuda:0 or a number", _("Where to train; a number trains one run on so many GPUs, or in so many processes without one."))
    threads: int = _whole(0, 0, 256, _("Processor threads; 0 takes all."))

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """A checked configuration from plain values (numbers may be strings, as forms send them). Raises ConfigError."""
        known = {f.name: f for f in fields(cls)}
        for name in values:
            if name not in known:
                raise ConfigError(name, _("%(field)s is not an option of training. The options are: %(options)s."), options=", ".join(known))
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
            raise ConfigError("backbone", _("%(field)s must be %(value)s with preset quick. Choose preset balanced or accurate to train another network."), value=DEFAULT_BACKBONE)
        if self.preset == "quick" and self.image_size != 224:
            raise ConfigError("image_size", _("%(field)s must be %(value)d with preset quick. Choose preset balanced or accurate for another size."), value=224)
        if self.preset == "quick" and self.devices.isdecimal():
            raise ConfigError("devices", _("%(field)s must be a name such as auto with preset quick. Choose preset balanced or accurate to train on several."))
        return self


_FINE_TUNING = {"learning_rate": 0.0002, "weight_decay": 0.02}

# What each preset changes of the defaults above.
PRESETS = {
    "quick": {},
    "balanced": {**_FINE_TUNING, "epochs": 3},
    "accurate": {**_FINE_TUNING, "epochs": 12, "sizes": "growing"},
}


def describe() -> list[dict[str, Any]]:
    """One plain dict for each option (name, default, kind, bounds or choices, help), for forms and documents."""
    return [{"name": f.name, "default": f.default, **f.metadata} for f in fields(TrainConfig)]


def check(name: str, value: Any) -> Any:
    """The value of one option as `TrainConfig` keeps it; raises ConfigError."""
    return _check(TrainConfig.__dataclass_fields__[name], value)


def _check(option: Field, value: Any) -> Any:
    return _CHECKS[option.metadata["kind"]](option, value)


def _refuse(option: Field, text: str, **values: Any) -> NoReturn:
    raise ConfigError(option.name, text, **values)


def _check_whole(option: Field, value: Any) -> int:
    low, high = option.metadata["low"], option.metadata["high"]
    number = _number(value)
    if number is None or number != int(number) or not low <= number <= high:
        _refuse(option, _("%(field)s must be a whole number from %(low)s to %(high)s."), low=low, high=high)
    return int(number)


def _check_real(option: Field, value: Any) -> float | None:
    low, high = option.metadata["low"], option.metadata["high"]
    if option.metadata["empty"] and value in (None, ""):
        return None
    number = _number(value)
    if number is None or not low <= number <= high:
        _refuse(option, _("%(field)s must be a number from %(low)s to %(high)s."), low=_plain(low), high=_plain(high))
    return number


def _plain(number: float) -> str:
    return f"{number:.6f}".rstrip("0").rstrip(".")  # nobody has to read 1e-06


def _check_choice(option: Field, value: Any) -> str:
    choices = option.metadata["choices"]
    if value not in choices:
        _refuse(option, _("%(field)s must be one of %(choices)s."), choices=", ".join(choices))
    return value


def _check_pattern(option: Field, value: Any) -> str:
    if not isinstance(value, str) or not re.fullmatch(option.metadata["pattern"], value):
        _refuse(option, _("%(field)s must be a name such as %(example)s."), example=option.metadata["example"])
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
