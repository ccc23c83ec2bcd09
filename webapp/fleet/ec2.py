"""Machines of Amazon EC2. This is the only code that speaks to it, and it touches nothing without the tag of its pool.

Nothing is tried again in here: what the controller asks can be asked again at its next look. `create` looks for a machine with its token before it
asks for one, because a token is honoured for some time only, and because an answer that was lost must not cost a second machine.
Who may call what stands in deploy/ec2/controller-policy.json; a test compares.
"""

import hashlib
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property

import boto3
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    CredentialRetrievalError,
    NoCredentialsError,
    NoRegionError,
    ParamValidationError,
    PartialCredentialsError,
    ProfileNotFound,
)

from webapp.fleet import ec2_checks, ec2_errors
from webapp.fleet.ec2_errors import OnlyTried
from webapp.fleet.providers import (
    PENDING,
    POOL_TAG,
    RUNNING,
    STOPPED,
    STOPPING,
    TERMINATED,
    TOKEN_TAG,
    UNKNOWN,
    Check,
    NoCapacity,
    NotAllowed,
    Seen,
    Unreachable,
)

CONNECT_SECONDS, READ_SECONDS = 3.0, 15.0
LOOK_SECONDS = 40.0  # for all pages of a look together
PAGE = 200
UNSET_UP = (NoCredentialsError, PartialCredentialsError, CredentialRetrievalError, NoRegionError, ProfileNotFound, ParamValidationError)
STATES = {
    "pending": PENDING,
    "running": RUNNING,
    "stopping": STOPPING,
    "stopped": STOPPED,
    "shutting-down": TERMINATED,  # it cannot be had back
    "terminated": TERMINATED,
}
BY_TOKEN_ONLY = {"HttpEndpoint": "enabled", "HttpTokens": "required", "HttpPutResponseHopLimit": 1}  # IMDSv2, whatever the template says


@contextmanager
def told() -> Iterator[None]:
    """What boto3 raises becomes one of the errors of a provider."""
    try:
        yield
    except ClientError as error:
        answer, about = error.response.get("Error", {}), error.response.get("ResponseMetadata", {})
        retry_after = about.get("HTTPHeaders", {}).get("retry-after", "")
        raise ec2_errors.meaning(answer.get("Code", ""), answer.get("Message", ""), about.get("HTTPStatusCode", 0), retry_after) from error
    except UNSET_UP as error:
        raise NotAllowed(f"The controller is not set up for Amazon: {error}. Set AWS_DEFAULT_REGION, and give it a role or keys.") from error
    except BotoCoreError as error:
        raise Unreachable(f"Amazon does not answer; what was asked may or may not be done. ({error})") from error


@dataclass(frozen=True)
class Ec2:
    """The machines with the tag of one pool. `types` and `zones`: what may be created where, which only `check` wants to know."""

    pool: str
    types: tuple[str, ...] = ()
    zones: tuple[str, ...] = ()  # that are set; without any, all with a subnet of ours

    @property
    def template(self) -> str:
        """The launch template that deploy/ec2/render.py makes for the pool."""
        return f"aimaker-{self.pool}"

    @cached_property
    def client(self):
        """boto3's client. Who we are, and where Amazon is, it reads from its own variables (AWS_...)."""
        config = Config(connect_timeout=CONNECT_SECONDS, read_timeout=READ_SECONDS, retries={"mode": "standard", "total_max_attempts": 1})
        with told():
            return boto3.session.Session().client("ec2", config=config)

    def observe(self) -> list[Seen]:
        return [seen(instance) for instance in self._find()]

    def places(self) -> tuple[str, ...]:
        return tuple(sorted(self.subnets()))

    def start(self, instance_id: str) -> None:
        state = seen(self._ours(instance_id)).state
        if state == TERMINATED:
            raise NotAllowed(f"The machine {instance_id} does not exist any more.")
        if state not in (PENDING, RUNNING):
            with told():
                self.client.start_instances(InstanceIds=[instance_id])

    def create(self, type: str, zone: str, token: str) -> str:
        if made := self._find(token=token):
            return made[0]["InstanceId"]
        subnet = self.subnet(zone)
        with told():
            return self.client.run_instances(**self.wish(type, zone, subnet, token))["Instances"][0]["InstanceId"]

    def stop(self, instance_id: str) -> None:
        instance = self._ours(instance_id)
        if seen(instance).state in (STOPPING, STOPPED, TERMINATED):
            return
        with told():
            if instance.get("InstanceLifecycle") == "spot":  # it cannot be stopped, and nothing on it is missed
                self.client.terminate_instances(InstanceIds=[instance_id])
            else:
                self.client.stop_instances(InstanceIds=[instance_id])

    def check(self) -> list[Check]:
        return ec2_checks.checks(self)

    def _find(self, **by: str) -> list[dict]:
        """The instances with our tag; by: their `id` or their `token`."""
        names = {"id": "instance-id", "token": f"tag:{TOKEN_TAG}"}
        filters = [self._tagged(), *({"Name": names[key], "Values": [value]} for key, value in by.items())]
        ends, found = time.monotonic() + LOOK_SECONDS, []
        with told():
            for page in self.client.get_paginator("describe_instances").paginate(Filters=filters, PaginationConfig={"PageSize": PAGE}):
                found += [instance for reservation in page["Reservations"] for instance in reservation["Instances"]]
                if time.monotonic() > ends:
                    raise Unreachable("Amazon takes too long to say which machines there are.")
        return sorted(found, key=lambda instance: instance["InstanceId"])

    def _tagged(self) -> dict:
        return {"Name": f"tag:{POOL_TAG}", "Values": [self.pool]}

    def _ours(self, instance_id: str) -> dict:
        """The instance of an id, if it has our tag; raises NotAllowed."""
        found = self._find(id=instance_id)
        if not found:
            raise NotAllowed(f"There is no machine {instance_id} with the tag {POOL_TAG}={self.pool}, and others are not touched.")
        return found[0]

    def wish(self, type: str, zone: str, subnet: str, token: str) -> dict:
        """What is asked for: one machine from our template, with our tags from its first moment."""
        tags = [{"Key": POOL_TAG, "Value": self.pool}, {"Key": TOKEN_TAG, "Value": token}, {"Key": "Name", "Value": f"aimaker-{self.pool}"}]
        return {
            "LaunchTemplate": {"LaunchTemplateName": self.template, "Version": "$Default"},
            "InstanceType": type,
            "SubnetId": subnet,
            "MinCount": 1,
            "MaxCount": 1,
            "MetadataOptions": BY_TOKEN_ONLY,
            # Amazon refuses a token that comes with another wish, and one type may follow another.
            "ClientToken": hashlib.sha256(f"{token} {type} {zone}".encode()).hexdigest(),
            "TagSpecifications": [{"ResourceType": kind, "Tags": tags} for kind in ("instance", "volume")],
        }

    def subnet(self, zone: str) -> str:
        """Our subnet in a zone; raises NoCapacity, since there may be one in another."""
        subnets = self.subnets()
        if zone not in subnets:
            raise NoCapacity(f"No subnet in {zone} has the tag {POOL_TAG}={self.pool}.")
        return subnets[zone]

    def subnets(self) -> dict[str, str]:
        """Of each zone the subnet with our tag that has most room."""
        with told():
            found = self.client.describe_subnets(Filters=[self._tagged()])["Subnets"]
        return {subnet["AvailabilityZone"]: subnet["SubnetId"] for subnet in sorted(found, key=lambda one: one["AvailableIpAddressCount"])}

    def read_template(self) -> dict:
        """What machines are made from."""
        with told():
            versions = self.client.describe_launch_template_versions(LaunchTemplateName=self.template, Versions=["$Default"])
        return versions["LaunchTemplateVersions"][0]["LaunchTemplateData"]

    def rehearse(self, call: str, **wish) -> None:
        """Ask whether a call would be allowed, without doing it; raises what it would raise."""
        with suppress(OnlyTried), told():
            getattr(self.client, call)(DryRun=True, **wish)


def seen(instance: dict) -> Seen:
    """An instance as the fleet knows machines."""
    tags = {tag["Key"]: tag["Value"] for tag in instance.get("Tags", ())}
    state = STATES.get(instance.get("State", {}).get("Name", ""), UNKNOWN)
    return Seen(instance["InstanceId"], state, instance["InstanceType"], instance.get("Placement", {}).get("AvailabilityZone", ""), instance.get("LaunchTime"), tags)
