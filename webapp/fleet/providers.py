"""What gives machines, as the fleet sees it: a protocol, its errors, and a provider that only pretends, for tests and the simulation."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol

from django.utils import timezone

PENDING, RUNNING, STOPPING, STOPPED, TERMINATED, UNKNOWN = "pending", "running", "stopping", "stopped", "terminated", "unknown"
POOL_TAG = "aimaker:pool"  # which fleet a machine belongs to; nothing without it is touched
TOKEN_TAG = "aimaker:token"  # which wish of ours made it: looked for before anything is created a second time


@dataclass(frozen=True)
class Seen:
    """A machine of our pool as its provider shows it. `state`: one of the words above; UNKNOWN for what we do not understand."""

    instance_id: str
    state: str
    type: str
    zone: str
    launched: datetime | None = None  # when it was started last
    tags: dict[str, str] = field(default_factory=dict)


class Check(NamedTuple):
    """One thing that was tried without doing it, and how it is mended when it is not well."""

    what: str
    ok: bool
    mend: str = ""


class ProviderTrouble(Exception):
    """Something that a provider did not do, as a sentence for whoever runs this."""


class NoCapacity(ProviderTrouble):
    """There are no machines of that type in that zone now, or our limit there is reached; others may be had."""


class Limited(ProviderTrouble):
    """We ask too often; ask again after some seconds."""

    def __init__(self, sentence: str, retry_after: float = 30.0):
        super().__init__(sentence)
        self.retry_after = retry_after


class NotAllowed(ProviderTrouble):
    """We may not do that, or the machine is not of our pool; asking again does not help."""


class Unreachable(ProviderTrouble):
    """No answer: it may or may not have been done."""


class Provider(Protocol):
    """Gives machines. Every call ends within a minute, touches only machines of our pool, and raises only the errors above."""

    def observe(self) -> list[Seen]:
        """All machines of our pool that exist; those that were terminated may be left out."""

    def places(self) -> tuple[str, ...]:
        """The zones in which machines of our pool may be made."""

    def start(self, instance_id: str) -> None:
        """Start a stopped machine; one that runs already stays as it is."""

    def create(self, type: str, zone: str, token: str) -> str:
        """Make and start a machine, with the token as its tag, and give its id. The same token gives the same machine."""

    def stop(self, instance_id: str) -> None:
        """Stop a machine, so that only its disk costs; one that is stopped already stays as it is."""

    def check(self) -> list[Check]:
        """Whether all of this would be allowed, tried without doing it."""


@dataclass
class Pretend:
    """Machines that exist in memory only. `clock` gives the time, `boot` and `halt` say how long starting and stopping take."""

    clock: Callable[[], datetime] = timezone.now
    boot: timedelta = timedelta(0)
    halt: timedelta = timedelta(0)
    refuses: set[tuple[str, str]] = field(default_factory=set)  # (type, zone) without capacity
    troubles: list[Exception] = field(default_factory=list)  # raised by the next calls that would change something, one each
    machines: dict[str, Seen] = field(default_factory=dict)
    calls: list[tuple[str, str]] = field(default_factory=list)  # (verb, instance id or token)
    changed: dict[str, datetime] = field(default_factory=dict)  # when a machine was told something last

    def observe(self) -> list[Seen]:
        self.machines = {key: self._now(machine) for key, machine in self.machines.items()}
        return list(self.machines.values())

    def places(self) -> tuple[str, ...]:
        return ("",)

    def start(self, instance_id: str) -> None:
        machine = self._called("start", instance_id)
        self._refuse(machine.type, machine.zone)
        if machine.state in (STOPPED, STOPPING):
            self._become(machine, PENDING)

    def create(self, type: str, zone: str, token: str) -> str:
        self._trouble("create", token)
        made = [machine.instance_id for machine in self.machines.values() if machine.tags.get(TOKEN_TAG) == token]
        if made:
            return made[0]
        self._refuse(type, zone)
        instance_id = f"i-{len(self.machines) + 1:017x}"
        self._become(Seen(instance_id, PENDING, type, zone, tags={TOKEN_TAG: token}), PENDING)
        return instance_id

    def stop(self, instance_id: str) -> None:
        machine = self._called("stop", instance_id)
        if machine.state in (PENDING, RUNNING):
            self._become(machine, STOPPING)

    def check(self) -> list[Check]:
        return [Check("Machines are only pretended: nothing is started and nothing costs.", True)]

    def _called(self, verb: str, instance_id: str) -> Seen:
        self._trouble(verb, instance_id)
        if instance_id not in self.machines:
            raise NotAllowed(f"There is no machine {instance_id} in this pool.")
        return self._now(self.machines[instance_id])

    def _trouble(self, verb: str, name: str) -> None:
        self.calls.append((verb, name))
        if self.troubles:
            raise self.troubles.pop(0)

    def _refuse(self, type: str, zone: str) -> None:
        if (type, zone) in self.refuses:
            raise NoCapacity(f"There is no {type} to be had in {zone} at this moment.")

    def _become(self, machine: Seen, state: str) -> None:
        now = self.clock()
        launched = now if state == PENDING else machine.launched
        self.changed[machine.instance_id] = now
        self.machines[machine.instance_id] = replace(machine, state=state, launched=launched)

    def _now(self, machine: Seen) -> Seen:
        """What has become of it: starting and stopping end when their time is over."""
        since = self.clock() - self.changed[machine.instance_id]
        if machine.state == PENDING and since >= self.boot:
            return replace(machine, state=RUNNING)
        return replace(machine, state=STOPPED) if machine.state == STOPPING and since >= self.halt else machine
