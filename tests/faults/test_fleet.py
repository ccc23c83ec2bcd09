"""F36: the controller of the fleet is killed while Amazon is making a machine that it has not heard of yet."""

import signal
import time
from collections.abc import Iterator

import pytest

from tests.faults.house import House
from tests.faults.measured import measured
from webapp.fleet.ec2 import Ec2
from webapp.fleet.models import Controller, Machine
from webapp.fleet.tests.cloud import OWN, STUCK, ZONES, Cloud, account
from webapp.training import services

pytestmark = [pytest.mark.fault, pytest.mark.nightly, pytest.mark.timeout(300)]


@pytest.fixture
def cloud(monkeypatch) -> Iterator[Cloud]:
    with account(monkeypatch) as cloud:
        yield cloud


def test_a_controller_that_is_killed_in_the_middle_of_a_wish_leaves_one_machine(house: House, cloud: Cloud) -> None:
    pool = Ec2(cloud.pool(Ec2("any").client))
    own = OWN | {"AWS_ENDPOINT_URL_EC2": cloud.url, "FLEET_PROVIDER": "ec2", "FLEET_POOL": pool.pool, "FLEET_TYPES": "g4dn.xlarge=0.5", "FLEET_ZONES": ",".join(ZONES), "FLEET_BUDGET": "1000", "FLEET_LOOK_SECONDS": "1"}
    services.start(project=house.project(), preset="balanced")
    cloud.troubles["RunInstances"] += [("InsufficientInstanceCapacity", 500), STUCK]
    first = house.start("fleet-1", ["manage.py", "fleet"], **own)
    house.wait(lambda: pool.observe(), 40)  # it was made, and nobody has told the controller
    first.signal(signal.SIGKILL)
    assert not Machine.objects.exclude(instance_id=None).exists()
    Controller.objects.update(lease_until=None)  # as after the minute and a half that another one waits for
    began, second = time.monotonic(), house.start("fleet-2", ["manage.py", "fleet"], **own)
    house.wait(lambda: Machine.objects.exclude(instance_id=None).exists(), 40)
    measured("F36", "another controller knew the machine that the killed one had wished for", time.monotonic() - began)
    [machine] = pool.observe()
    assert machine.zone == ZONES[1] and Machine.objects.exclude(state=Machine.GONE).get().instance_id == machine.instance_id
    assert second.popen.poll() is None
