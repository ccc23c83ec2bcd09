"""The settings of the fleet as the policy reads them, and who gives machines."""

from functools import cache

from django.conf import settings

from webapp.fleet.policy import HOUR, Rules
from webapp.fleet.providers import Pretend, Provider

PACKING = 900.0  # seconds that a lease may last after the hours of training: for the model that comes of it


class NotSetUp(Exception):
    """There is no fleet; the sentence says what to set."""


def is_there() -> bool:
    """Whether this server has machines that come and go."""
    return bool(settings.FLEET_PROVIDER)


def rules() -> Rules:
    """What whoever runs the site has set. Without `zones` all are meant that the provider has."""
    return Rules(
        prices=settings.FLEET_TYPES,
        zones=tuple(settings.FLEET_ZONES),
        most=settings.FLEET_MOST,
        budget=settings.FLEET_BUDGET,
        disk=settings.FLEET_DISK,
        idle=60 * settings.FLEET_IDLE_MINUTES,
        boot=60 * settings.FLEET_BOOT_MINUTES,
        patience=60 * settings.FLEET_PATIENCE_MINUTES,
        longest=HOUR * settings.TRAIN_HOURS + PACKING,
    )


@cache
def provider() -> Provider:
    """Who gives machines; raises NotSetUp."""
    if settings.FLEET_PROVIDER == "ec2":
        from webapp.fleet.ec2 import Ec2  # with boto3, which nothing else of a process may need

        return Ec2(settings.FLEET_POOL, tuple(settings.FLEET_TYPES), tuple(settings.FLEET_ZONES))
    if settings.FLEET_PROVIDER == "pretend":
        return Pretend()
    raise NotSetUp("No machines are set up. Set FLEET_PROVIDER, and what docs/fleet.md says beside it.")
