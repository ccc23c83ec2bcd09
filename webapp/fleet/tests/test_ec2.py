"""F36: what is asked of Amazon, tried on moto's server with the troubles that Amazon has."""

from collections.abc import Iterator

import pytest

from deploy.ec2 import render
from webapp.fleet import ec2
from webapp.fleet.ec2 import Ec2, seen
from webapp.fleet.providers import POOL_TAG, RUNNING, STOPPED, TERMINATED, UNKNOWN, Limited, NoCapacity, NotAllowed, Unreachable
from webapp.fleet.tests.cloud import CUT, EXAMPLE, LOST, SILENT, ZONES, Cloud, account

TYPE = "g4dn.xlarge"
HERE, THERE = ZONES


@pytest.fixture(scope="module")
def cloud() -> Iterator[Cloud]:
    with pytest.MonkeyPatch.context() as patch, account(patch) as cloud:
        yield cloud


@pytest.fixture(scope="module")
def client(cloud: Cloud):
    return Ec2("any").client


@pytest.fixture
def pool(cloud: Cloud, client) -> Ec2:
    """A new pool, set up as deploy/ec2 says."""
    return opened(cloud, client)


def opened(cloud: Cloud, client) -> Ec2:
    pool = Ec2(cloud.pool(client), (TYPE,))
    pool.__dict__["client"] = client  # the making of one reads 10 MB of descriptions
    cloud.calls.clear()
    return pool


def states(pool: Ec2) -> list[str]:
    return [machine.state for machine in pool.observe()]


def test_a_machine_is_made_from_the_template_in_its_zone_with_our_tags_and_answers_for_itself_by_token_only(pool: Ec2, cloud: Cloud) -> None:
    made = pool.create(TYPE, THERE, "wish-1")
    [machine] = pool.observe()
    assert (machine.instance_id, machine.state, machine.type, machine.zone) == (made, RUNNING, TYPE, THERE)
    assert machine.tags.items() >= {POOL_TAG: pool.pool, "aimaker:token": "wish-1"}.items()
    asked = dict(cloud.calls)["RunInstances"]
    assert (asked["MetadataOptions.HttpTokens"], asked["LaunchTemplate.LaunchTemplateName"], asked["MaxCount"]) == ("required", pool.template, "1")


def test_one_wish_makes_one_machine_however_often_it_is_asked_for(pool: Ec2, cloud: Cloud) -> None:
    first = pool.create(TYPE, HERE, "wish-1")
    assert [pool.create(TYPE, HERE, "wish-1"), pool.create("g5.xlarge", THERE, "wish-1")] == [first, first]
    assert cloud.actions().count("RunInstances") == 1 and pool.create(TYPE, HERE, "wish-2") != first


def test_an_answer_that_is_lost_costs_no_second_machine(pool: Ec2, cloud: Cloud) -> None:
    cloud.troubles["RunInstances"].append(LOST)
    with pytest.raises(Unreachable, match="may or may not"):
        pool.create(TYPE, HERE, "wish-1")
    assert pool.create(TYPE, HERE, "wish-1") == pool.observe()[0].instance_id and len(pool.observe()) == 1


def test_what_was_not_answered_and_not_done_is_done_when_it_is_asked_for_again(pool: Ec2, cloud: Cloud) -> None:
    cloud.troubles["RunInstances"].append(CUT)
    with pytest.raises(Unreachable):
        pool.create(TYPE, HERE, "wish-1")
    assert pool.observe() == [] and cloud.actions().count("RunInstances") == 1  # nothing is tried again behind our back
    assert pool.create(TYPE, HERE, "wish-1") and states(pool) == [RUNNING]


def test_where_there_is_no_capacity_another_zone_may_have_some_for_the_same_wish(pool: Ec2, cloud: Cloud) -> None:
    cloud.troubles["RunInstances"].append(("InsufficientInstanceCapacity", 500))
    with pytest.raises(NoCapacity, match="at this moment"):
        pool.create(TYPE, HERE, "wish-1")
    pool.create(TYPE, THERE, "wish-1")
    asked = [asked for action, asked in cloud.calls if action == "RunInstances"]
    assert asked[0]["ClientToken"] != asked[1]["ClientToken"] and [machine.zone for machine in pool.observe()] == [THERE]


@pytest.mark.parametrize(("action", "call"), [("DescribeInstances", "observe"), ("StartInstances", "start"), ("StopInstances", "stop")])
def test_whatever_is_asked_too_often_waits_as_long_as_amazon_wants(pool: Ec2, cloud: Cloud, action: str, call: str) -> None:
    made = [pool.create(TYPE, HERE, "wish-1")]
    if call == "start":
        pool.stop(*made)
    cloud.troubles[action].append(("RequestLimitExceeded", 503, {"Retry-After": "7"}))
    with pytest.raises(Limited) as told:
        getattr(pool, call)(*(made if call != "observe" else ()))
    assert told.value.retry_after == 7


def test_a_machine_of_somebody_else_is_neither_shown_nor_touched(pool: Ec2, cloud: Cloud, client) -> None:
    stranger = client.run_instances(ImageId="ami-12345678", MinCount=1, MaxCount=1, InstanceType=TYPE)["Instances"][0]["InstanceId"]
    neighbour = opened(cloud, client).create(TYPE, HERE, "wish-1")
    cloud.calls.clear()
    for instance_id in (stranger, neighbour, "i-0123456789abcdef0"):
        for call in (pool.start, pool.stop):
            with pytest.raises(NotAllowed, match="not touched"):
                call(instance_id)
    assert pool.observe() == [] and set(cloud.actions()) == {"DescribeInstances"}


def test_a_machine_is_stopped_and_started_again_and_asking_twice_changes_nothing(pool: Ec2, cloud: Cloud) -> None:
    made = pool.create(TYPE, HERE, "wish-1")
    seen = []
    for call in (pool.start, pool.stop, pool.stop, pool.start, pool.start):
        call(made)
        seen += states(pool)
    assert seen == [RUNNING, STOPPED, STOPPED, RUNNING, RUNNING]
    assert (cloud.actions().count("StartInstances"), cloud.actions().count("StopInstances")) == (1, 1)


def test_a_machine_of_the_spot_market_is_given_back_for_good(pool: Ec2, cloud: Cloud, client) -> None:
    made = spot(pool, client)
    pool.stop(made)
    assert states(pool) == [TERMINATED] and "StopInstances" not in cloud.actions()
    with pytest.raises(NotAllowed, match="any more"):
        pool.start(made)


def spot(pool: Ec2, client) -> str:
    """A machine of the pool that the spot market gave; the stand-in does not read that from a launch template."""
    wish = {name: value for name, value in pool.wish(TYPE, HERE, pool.subnet(HERE), "wish-1").items() if name != "LaunchTemplate"}
    return client.run_instances(ImageId="ami-12345678", InstanceMarketOptions=render.SPOT, **wish)["Instances"][0]["InstanceId"]


def test_a_state_that_we_do_not_know_is_not_taken_for_one_that_we_do() -> None:
    assert seen({"InstanceId": "i-1", "InstanceType": TYPE, "State": {"Name": "resting"}}).state == UNKNOWN
    assert seen({"InstanceId": "i-1", "InstanceType": TYPE}).state == UNKNOWN


def test_all_pages_of_a_look_are_read(pool: Ec2, client, monkeypatch) -> None:
    monkeypatch.setattr(ec2, "PAGE", 5)
    tags = [{"ResourceType": "instance", "Tags": [{"Key": POOL_TAG, "Value": pool.pool}]}]
    client.run_instances(ImageId="ami-12345678", MinCount=12, MaxCount=12, InstanceType=TYPE, TagSpecifications=tags)
    assert len(pool.observe()) == 12


def test_a_zone_without_a_subnet_of_ours_is_left_out(pool: Ec2, cloud: Cloud) -> None:
    with pytest.raises(NoCapacity, match="eu-central-1c has the tag"):
        pool.create(TYPE, "eu-central-1c", "wish-1")
    assert "RunInstances" not in cloud.actions()


def test_everything_can_be_tried_without_being_done(pool: Ec2, cloud: Cloud) -> None:
    pool.create(TYPE, HERE, "wish-1")
    checks = pool.check()
    assert len(checks) == 7 and all(check.ok for check in checks) and states(pool) == [RUNNING]
    cloud.troubles["RunInstances"].append(("UnauthorizedOperation", 403))
    [refused] = [check for check in pool.check() if not check.ok]
    assert refused.what.startswith("Create a g4dn.xlarge") and "controller-policy.json" in refused.mend


def test_each_zone_that_is_set_is_tried_and_without_any_all_that_there_are(pool: Ec2, client) -> None:
    assert pool.places() == ZONES
    strict = Ec2(pool.pool, (TYPE,), (HERE, "eu-central-1c"))
    strict.__dict__["client"] = client
    [wrong] = [check for check in strict.check() if not check.ok]
    assert wrong.what.endswith("in eu-central-1c") and "out of FLEET_ZONES" in wrong.mend


def test_what_is_not_set_up_is_said_with_how_it_is_mended(client) -> None:
    pool = Ec2("nobody", (TYPE,))
    pool.__dict__["client"] = client
    wrong = {check.what: check.mend for check in pool.check() if not check.ok}
    assert "Make it" in wrong["Read the launch template aimaker-nobody"] and "aimaker:pool=nobody" in wrong["Find the subnets of the pool"]


def test_an_amazon_that_does_not_answer_and_a_controller_without_keys_are_told_apart(cloud: Cloud, monkeypatch) -> None:
    monkeypatch.setattr(ec2, "READ_SECONDS", 0.2)
    waiting = Ec2("any")
    cloud.troubles["DescribeInstances"].append(SILENT)
    with pytest.raises(Unreachable, match="does not answer"):
        waiting.observe()
    monkeypatch.setattr(waiting.client._request_signer, "_credentials", None)
    with pytest.raises(NotAllowed, match="role or keys"):
        waiting.observe()


def test_the_policy_allows_what_is_called_and_nothing_else(pool: Ec2, cloud: Cloud, client) -> None:
    made = pool.create(TYPE, HERE, "wish-1")
    pool.check()
    for machine in (made, spot(pool, client)):
        pool.stop(machine)
    allowed = set()
    for statement in render.policy("controller-policy.json", render.read(EXAMPLE))["Statement"]:
        actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
        allowed |= {action.removeprefix("ec2:") for action in actions if action.startswith("ec2:")}
    assert allowed == set(cloud.actions()) | {"CreateTags"}  # Amazon asks for that itself when tags come with a wish
