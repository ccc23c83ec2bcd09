"""How long a training will take, and which preset and how many epochs suit these pictures and this machine. Nothing here loads torch."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

from trainer.catalogue import effort
from trainer.config import DEFAULT_BACKBONE, ConfigError, TrainConfig
from trainer.sentences import _

LONGEST = 300.0  # seconds that fine-tuning may take without anybody having asked for it
FEWEST_EPOCHS = 2  # with less, fine-tuning does not get beyond the head that it starts from
WORTH_ACCURATE = 40  # pictures, from which on a GPU is put to use
NEAREST = 5  # earlier runs that a forecast is corrected by

# Seconds on 2 cores of a server CPU with the default network at 224 px: for each training picture and epoch, for each picture that is only looked at, and
# for all that is done once (reading, solving the first head, exporting, checking). With a GPU a step takes a small part of it, what is done once does not.
_STEP, _LOOK, _ONCE = 0.022, 0.004, 12.0
_QUICK_STEP, _QUICK_ONCE = 0.00004, 7.0
_GPU_SHARE = 1 / 20
_CORES, _MOST_CORES, _SCALING = 2, 32, 0.8  # twice the cores take 0.57 of the time


@dataclass(frozen=True)
class Machine:
    """What a training can use: processor cores, and whether there is a GPU."""

    cores: int
    gpu: bool


@dataclass(frozen=True)
class Past:
    """An earlier run: its settings, its pictures to learn from and to test with, whether it had a GPU, its epochs and its seconds in all."""

    config: TrainConfig
    train: int
    val: int
    gpu: bool
    epochs: int
    seconds: float


@dataclass(frozen=True)
class Advice:
    """What `auto` chose: preset and epochs, how long that will take, and why: a sentence with places and the values for them."""

    preset: str
    epochs: int
    seconds: float
    reason: str
    values: dict

    def to_dict(self) -> dict[str, Any]:
        """Plain values; `seconds` is among the `values` of the reason."""
        kept = asdict(self)
        del kept["seconds"]
        return kept


class Forecast:
    """Forecasts for a project's pictures on a machine, corrected by how long earlier runs on it took."""

    def __init__(self, train: int, val: int, machine: Machine, past: Sequence[Past] = ()) -> None:
        self.train, self.val, self.machine, self.past = train, val, machine, past

    @property
    def pictures(self) -> int:
        return self.train + self.val

    def seconds(self, config: TrainConfig) -> float:
        """How long a run with this configuration will take, about."""
        expected = reckoned(config, self.train, self.val, config.epochs, self.machine)
        return expected * self._pace(config, expected)

    def _pace(self, config: TrainConfig, expected: float) -> float:
        """How much longer than reckoned the runs took that resemble this one most: the median of them."""
        alike = _alike(self.past, config, self.machine)
        reckonings = [reckoned(run.config, run.train, run.val, run.epochs, self.machine) for run in alike]
        nearest = sorted(zip(reckonings, alike, strict=True), key=lambda pair: abs(math.log(pair[0] / expected)))[:NEAREST]
        return median(run.seconds / reckoning for reckoning, run in nearest) if nearest else 1.0


def reckoned(config: TrainConfig, train: int, val: int, epochs: int, machine: Machine) -> float:
    """Seconds of a run by what was measured once, scaled by cores, network and size of the pictures."""
    slower = (_CORES / min(machine.cores, _MOST_CORES)) ** _SCALING
    once = max(1.0, slower)  # more cores help little: 12 and 6.5 s on 16 of them (docs/gpu.md)
    if config.preset == "quick":
        return once * _QUICK_ONCE + train * epochs * _QUICK_STEP
    work = effort(config.backbone) * (config.image_size / 224) ** 2
    has_vectors = config.backbone == DEFAULT_BACKBONE and config.image_size == 224
    looks = val * (epochs + 1) + (0 if has_vectors else train)
    share = _GPU_SHARE if machine.gpu and config.devices != "cpu" else slower
    return once * _ONCE + work * share * (train * epochs * _STEP + looks * _LOOK)


def advise(settings: Mapping[str, Any], forecast: Forecast) -> Advice:
    """The preset and epochs for these settings (those of a person win). Raises ConfigError.

    Fine-tuning is the most accurate on photos, so it is chosen wherever it is affordable: all of it with a GPU, the short one without, with fewer epochs
    where there are many pictures; the linear head remains for the rest.
    """
    machine = forecast.machine
    if machine.gpu and settings.get("devices") != "cpu" and forecast.pictures >= WORTH_ACCURATE:
        return _advice("accurate", settings, forecast, _("This machine has a GPU, so the most thorough way takes only %(time)s for your %(pictures)d pictures."))
    for epochs in _fewer(settings):
        advice = _advice("balanced", settings | epochs, forecast, _AFFORDABLE if not epochs else _SHORTENED)
        if advice.seconds <= LONGEST:
            return advice
    try:
        instead = {"instead": _seconds("balanced", settings, forecast)}
        return _advice("quick", settings, forecast, _("Learning every detail of %(pictures)d pictures would take %(instead_time)s on this machine. The quick way takes %(time)s."), instead)
    except ConfigError:
        # Quick cannot be had with another network or size: what a person asked for is done, however long it takes.
        return _advice("balanced", settings, forecast, _("It takes %(time)s, because the network or the size that you chose must be learned in full."))


_AFFORDABLE = _("Learning every detail of your %(pictures)d pictures takes %(time)s on this machine, and the AI gets better by it.")
_SHORTENED = _("With %(pictures)d pictures fewer epochs are enough, and learning every detail takes %(time)s on this machine.")


def _fewer(settings: Mapping[str, Any]) -> list[dict]:
    """Epochs to try, as settings: those of the preset, then fewer, unless a person said how many."""
    if settings.get("epochs"):
        return [{}]
    usual = TrainConfig.from_dict({"preset": "balanced"}).epochs
    return [{}, *({"epochs": epochs} for epochs in range(usual - 1, FEWEST_EPOCHS - 1, -1))]


def _advice(preset: str, settings: Mapping[str, Any], forecast: Forecast, reason: str, values: Mapping[str, Any] | None = None) -> Advice:
    config = TrainConfig.from_dict({**settings, "preset": preset})
    seconds = forecast.seconds(config)
    return Advice(preset, config.epochs, seconds, reason, {"pictures": forecast.pictures, "seconds": seconds, **(values or {})})


def _seconds(preset: str, settings: Mapping[str, Any], forecast: Forecast) -> float:
    return forecast.seconds(TrainConfig.from_dict({**settings, "preset": preset}))


def _alike(past: Sequence[Past], config: TrainConfig, machine: Machine) -> list[Past]:
    """The earlier runs that say most: of the same preset, network and size; else of the same preset; else none."""
    same = [run for run in past if run.config.preset == config.preset and (config.preset == "quick" or run.gpu == machine.gpu)]
    closest = [run for run in same if (run.config.backbone, run.config.image_size) == (config.backbone, config.image_size)]
    return closest or same
