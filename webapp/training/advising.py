"""What is said before a run starts: how long each preset will take for a project here, and what `auto` would choose."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from trainer.advice import Advice, Forecast, Machine, Past, advise
from trainer.config import ConfigError, TrainConfig
from webapp.core.broker import Strength
from webapp.projects.models import Label
from webapp.training import workers
from webapp.training.models import Run

VAL_SHARE = 0.1
REMEMBERED = 40  # runs that a forecast learns from, newest first
OF_A_FORECAST = ("preset", "backbone", "image_size", "devices", "epochs")


@dataclass(frozen=True)
class Plan:
    """The settings of a run before it starts, its seconds, and why `auto` chose them (None when a person did)."""

    config: TrainConfig
    seconds: float
    advice: Advice | None = None


def plan(preset: str, settings: dict, forecast: Forecast) -> Plan:
    """The plan of a run; raises ConfigError."""
    if preset not in ("auto", "", None):
        config = TrainConfig.from_dict({**settings, "preset": preset})
        return Plan(config, forecast.seconds(config))
    advice = advise(settings, forecast)
    return Plan(TrainConfig.from_dict({**settings, "preset": advice.preset, "epochs": advice.epochs}), advice.seconds, advice)


def forecast(labels: Sequence[Label]) -> Forecast:
    """The forecast for the pictures of these labels, `counted`, on the machine that is likely to train."""
    counts = [label.image_count for label in labels]
    val = sum(tested(count) for count in counts)
    return Forecast(sum(counts) - val, val, machine(), past())


def tested(count: int) -> int:
    """How many pictures of a label that has so many test a model."""
    return max(1, round(VAL_SHARE * count)) if count else 0


def machine() -> Machine:
    """What trains: cores, and whether there is a GPU."""
    return Machine(strength().cores, strength().gpus > 0)


def gpu_count() -> int:
    """How many NVIDIA GPUs a run can have."""
    return strength().gpus


def strength() -> Strength:
    """What the strongest worker has; while none is there, what this machine has, which is likely to train then."""
    return workers.strongest() or here()


def here() -> Strength:
    """What this machine has. The kernel is asked for the GPUs, because asking torch would load it."""
    return Strength(len(list(Path("/dev").glob("nvidia[0-9]*"))), len(os.sched_getaffinity(0)))


def past() -> list[Past]:
    """How long the newest runs of this server took, of whatever project; those that were interrupted say nothing."""
    rows = Run.objects.filter(status=Run.READY, attempts=1, seconds__gt=0).exclude(device="").order_by("-created")
    return [run for row in rows.values("config", "train_images", "val_images", "device", "epoch", "seconds")[:REMEMBERED] if (run := remembered(row))]


def remembered(row: dict) -> Past | None:
    """A run as the forecast takes it; None where its settings are not those of today any more."""
    try:
        config = TrainConfig.from_dict({name: row["config"][name] for name in OF_A_FORECAST})
    except (ConfigError, KeyError):
        return None
    return Past(config, row["train_images"], row["val_images"], row["device"] != "cpu", row["epoch"], row["seconds"])
