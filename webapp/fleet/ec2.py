"""Machines of Amazon EC2. This is the only code that speaks to it, and it touches nothing without the tag of its pool.

Nothing is tried again in here: what the controller asks can be asked again at its next look. `create` looks for a machine with its token before it
asks for one, because a token is honoured for some time only, and because an answer that was lost must not cost a second machine.
Who may call what stands in deploy/ec2/controller-policy.json; a test compares.
"""

import hashlib
import time
from collections.abc import Iterator
from contextlib import contextmanager
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

from webapp.fleet import ec2_errors
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
    ProviderTrouble,
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
WOULD_BE_DONE = "DryRunOperation"
POLICY = "Attach deploy/ec2/controller-policy.json, filled in by deploy/ec2/render.py, to the role of the controller."


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
        raise NotAllowed(f"The controller is not set up for Amazon: {error}. Set AWS_REGION, and give it a role or keys.") from error
    except BotoCoreError as error:
        raise Unreachable(f"Amazon does not answer; what was asked may or may not be done. ({error})") from error


@dataclass(frozen=True)
class Ec2:
    """The machines with the tag of one pool. `template`: the name of the launch template; `types`: what may be created, for `check`."""

    pool: str
    template: str
    types: tuple[str, ...] = ("g4dn.xlarge",)
    region: str = ""

    @cached_property
    def client(self):
        """boto3's client. Who we are, and where Amazon is, it reads from its own variables (AWS_...)."""
        config = Config(connect_timeout=CONNECT_SECONDS, read_timeout=READ_SECONDS, retries={"mode": "standard", "total_max_attempts": 1})
        with told():
            return boto3.session.Session().client("ec2", region_name=self.region or None, config=config)

    def observe(self) -> list[Seen]:
        return [seen(instance) for instance in self._find()]

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
        subnet = self._subnet(zone)
        with told():
            return self.client.run_instances(**self._wish(type, zone, subnet, token))["Instances"][0]["InstanceId"]

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
        looks = [tried("Look at the machines of the pool", self.observe), self._check_template()]
        zones = self._zones()
        mend = f"Tag the subnets in which machines may be with {POOL_TAG}={self.pool}."
        looks.append(Check(f"Find subnets of the pool ({', '.join(sorted(zones)) or 'none'})", bool(zones), "" if zones else mend))
        for type in self.types if zones else ():
            zone = min(zones)
            looks.append(self._dry(f"Create a {type} in {zone}", "run_instances", **self._wish(type, zone, zones[zone], "check")))
        for instance in self._one_of_ours():
            looks.append(self._dry("Start a machine of the pool", "start_instances", InstanceIds=[instance]))
            looks.append(self._dry("Stop a machine of the pool", "stop_instances", InstanceIds=[instance]))
        return looks

    def _find(self, **by: str) -> list[dict]:
        """The instances with our tag, the oldest first; by: their `id` or their `token`."""
        names = {"id": "instance-id", "token": f"tag:{TOKEN_TAG}"}
        filters = [self._tagged(), *({"Name": names[key], "Values": [value]} for key, value in by.items())]
        ends, found = time.monotonic() + LOOK_SECONDS, []
        with told():
            for page in self.client.get_paginator("describe_instances").paginate(Filters=filters, PaginationConfig={"PageSize": PAGE}):
                found += [instance for reservation in page["Reservations"] for instance in reservation["Instances"]]
                if time.monotonic() > ends:
                    raise Unreachable("Amazon takes too long to say which machines there are.")
        return sorted(found, key=lambda instance: (instance["LaunchTime"], instance["InstanceId"]))

    def _tagged(self) -> dict:
        return {"Name": f"tag:{POOL_TAG}", "Values": [self.pool]}

    def _ours(self, instance_id: str) -> dict:
        """The instance of an id, if it has our tag; raises NotAllowed."""
        found = self._find(id=instance_id)
        if not found:
            raise NotAllowed(f"There is no machine {instance_id} with the tag {POOL_TAG}={self.pool}, and others are not touched.")
        return found[0]

    def _one_of_ours(self) -> list[str]:
        """The id of one instance, if there is any: without one, nobody can try to start it."""
        try:
            return [machine.instance_id for machine in self.observe() if machine.state != TERMINATED][:1]
        except ProviderTrouble:
            return []  # the look that was tried before says so

    def _wish(self, type: str, zone: str, subnet: str, token: str) -> dict:
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

    def _subnet(self, zone: str) -> str:
        """Our subnet in a zone; raises NoCapacity, since there may be one in another."""
        with told():
            zones = self._subnets()
        if zone not in zones:
            raise NoCapacity(f"No subnet in {zone} has the tag {POOL_TAG}={self.pool}.")
        return zones[zone]

    def _subnets(self) -> dict[str, str]:
        """Of each zone the subnet with our tag that has most room."""
        subnets = self.client.describe_subnets(Filters=[self._tagged()])["Subnets"]
        return {subnet["AvailabilityZone"]: subnet["SubnetId"] for subnet in sorted(subnets, key=lambda one: one["AvailableIpAddressCount"])}

    def _zones(self) -> dict[str, str]:
        try:
            with told():
                return self._subnets()
        except ProviderTrouble:
            return {}

    def _check_template(self) -> Check:
        """Whether the launch template is there, and what comes of it can be shut down from within without being lost."""
        what = f"Read the launch template {self.template}"
        try:
            with told():
                versions = self.client.describe_launch_template_versions(LaunchTemplateName=self.template, Versions=["$Default"])
        except ProviderTrouble as trouble:
            return Check(what, False, f"{trouble} {POLICY}")
        data = versions["LaunchTemplateVersions"][0]["LaunchTemplateData"]
        well = data.get("UserData") and data.get("MetadataOptions", {}).get("HttpTokens") == "required"
        return Check(what, bool(well), "" if well else "It lacks the user data or asks for no tokens: make it from deploy/ec2/launch-template.json.")

    def _dry(self, what: str, call: str, **wish) -> Check:
        """Try a call without doing it."""
        try:
            getattr(self.client, call)(DryRun=True, **wish)
        except ClientError as error:
            if error.response["Error"]["Code"] == WOULD_BE_DONE:
                return Check(what, True)
            return tried(what, lambda: raised(error))
        except BotoCoreError as error:
            return tried(what, lambda: raised(error))
        return Check(what, False, "Amazon did it although it was only to be tried. Look at its console.")


def seen(instance: dict) -> Seen:
    """An instance as the fleet knows machines."""
    tags = {tag["Key"]: tag["Value"] for tag in instance.get("Tags", ())}
    state = STATES.get(instance.get("State", {}).get("Name", ""), UNKNOWN)
    return Seen(instance["InstanceId"], state, instance["InstanceType"], instance.get("Placement", {}).get("AvailabilityZone", ""), instance.get("LaunchTime"), tags)
