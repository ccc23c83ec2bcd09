"""In how many processes a run trains: `devices` may be a number."""

from trainer.config import ConfigError
from trainer.sentences import _


def processes(devices: str) -> int:
    """How many processes the `devices` option asks for: a number is a number of GPUs or, without any, of processes on the CPU."""
    return int(devices) if devices.isdecimal() else 1


def check_devices(devices: str, *, cores: int, gpus: int) -> None:
    """Raise ConfigError where a machine has not so many GPUs, or without any GPU not so many processor cores."""
    if processes(devices) <= max(1, gpus or cores):
        return
    if gpus:
        raise ConfigError("devices", _("%(field)s must be at most %(most)d: this machine has no more GPUs."), most=gpus)
    raise ConfigError("devices", _("%(field)s must be at most %(most)d: this machine has no GPU and no more processor cores."), most=cores)
