"""What is tried with Amazon without doing it, and how each thing is mended that is not well."""

from collections.abc import Callable
from functools import partial
from itertools import product

from webapp.fleet.providers import POOL_TAG, TERMINATED, Check, NotAllowed, ProviderTrouble

POLICY = "The policy that it needs is deploy/ec2/controller-policy.json, filled in by deploy/ec2/render.py."
TEMPLATE = "The launch template lacks the user data, or lets machines answer for their metadata without a token. Make it anew with deploy/ec2/render.py."


def checks(ec2) -> list[Check]:
    """Everything that the controller asks of an Ec2, tried. Starting and stopping can be tried only where there is a machine."""
    found: list[str] = []
    zones: dict[str, str] = {}
    looks = [
        tried("Look at the machines of the pool", lambda: found.extend(machine.instance_id for machine in ec2.observe() if machine.state != TERMINATED)),
        tried(f"Read the launch template {ec2.template}", lambda: read_template(ec2)),
        tried("Find the subnets of the pool", lambda: zones.update(subnets(ec2))),
    ]
    for type, zone in product(ec2.types if zones else (), ec2.zones or sorted(zones)):
        looks.append(tried(f"Create a {type} in {zone}", partial(create, ec2, type, zone, zones)))
    for verb in ("start", "stop") if found else ():
        looks.append(tried(f"{verb.capitalize()} the machine {found[0]}", partial(ec2.rehearse, f"{verb}_instances", InstanceIds=found[:1])))
    return looks


def tried(what: str, call: Callable[[], object]) -> Check:
    """What came of a call."""
    try:
        call()
    except NotAllowed as trouble:
        return Check(what, False, f"{trouble} {POLICY}")
    except ProviderTrouble as trouble:
        return Check(what, False, str(trouble))
    return Check(what, True)


def create(ec2, type: str, zone: str, zones: dict[str, str]) -> None:
    """Raise ProviderTrouble where a machine could not be made in a zone."""
    if zone not in zones:
        raise ProviderTrouble(f"No subnet in {zone} has the tag {POOL_TAG}={ec2.pool}. Give it to one there, or take the zone out of FLEET_ZONES.")
    ec2.rehearse("run_instances", **ec2.wish(type, zone, zones[zone], "check"))


def read_template(ec2) -> None:
    """Raise ProviderTrouble where the launch template is not what the examples make."""
    data = ec2.read_template()
    if not data.get("UserData") or data.get("MetadataOptions", {}).get("HttpTokens") != "required":
        raise ProviderTrouble(TEMPLATE)


def subnets(ec2) -> dict[str, str]:
    """The subnets of the pool by zone; raises ProviderTrouble where there are none."""
    zones = ec2.subnets()
    if not zones:
        raise ProviderTrouble(f"No subnet has the tag {POOL_TAG}={ec2.pool}. Give it to those in which machines may be.")
    return zones
