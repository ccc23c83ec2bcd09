"""Where a run trains, and in how many processes: `devices` may name a GPU or be a number."""

from trainer.config import ConfigError
from trainer.sentences import _


def processes(devices: str) -> int:
    """How many processes the `devices` option asks for: a number is a number of GPUs or, without any, of processes on the CPU."""
    return int(devices) if devices.isdecimal() else 1


def check_devices(devices: str, *, cores: int, gpus: int) -> None:
    """Raise ConfigError where a machine has not the GPU, not so many GPUs, or without any GPU not so many processor cores."""
    if devices.startswith("cuda"):
        _check_gpu(int(devices.partition(":")[2] or 0), gpus)
    if processes(devices) <= max(1, gpus or cores):
        return
    if gpus:
        raise ConfigError("devices", _("%(field)s must be at most %(most)d: this machine has no more GPUs."), most=gpus)
    raise ConfigError("devices", _("%(field)s must be at most %(most)d: this machine has no GPU and no more processor cores."), most=cores)


def _check_gpu(number: int, gpus: int) -> None:
    if not gpus:
        raise ConfigError("devices", _("%(field)s must be auto, cpu or a number: this machine has no GPU."))
    if number >= gpus:
        raise ConfigError("devices", _("%(field)s must be at most cuda:%(last)d: this machine has no more GPUs."), last=gpus - 1)
