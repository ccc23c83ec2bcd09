"""The examples for Amazon fit together: what machines are created from, who may do what, and the user data that they start with."""

import base64
import json
from pathlib import Path

import boto3
import pytest
import yaml
from botocore.validate import validate_parameters
from moto import mock_aws

from deploy.ec2 import render
from tests.source import ROOT

EXAMPLE = ROOT / "deploy" / "ec2" / "pool.env.example"


@pytest.fixture
def values() -> dict[str, str]:
    return render.read(EXAMPLE)


def test_everything_is_written_and_what_it_takes_to_bring_it_there_is_said(tmp_path: Path, capsys) -> None:
    assert render.main([str(EXAMPLE), str(tmp_path)]) == 0
    names = {"user-data.yaml", "launch-template.json", "controller-policy.json", "machine-policy.json"}
    assert {file.name for file in tmp_path.iterdir()} == names
    assert "$" not in "".join(file.read_text() for file in tmp_path.iterdir() if file.suffix == ".json")
    assert capsys.readouterr().out.count("aws ") == 6


def test_machines_ask_for_metadata_by_token_only_and_stop_when_they_are_shut_down(values) -> None:
    template = boto3.client("ec2", region_name="eu-central-1").meta.service_model.operation_model("CreateLaunchTemplate").input_shape
    validate_parameters(render.launch_template(values), template)
    data = render.launch_template(values)["LaunchTemplateData"]
    assert (data["MetadataOptions"]["HttpTokens"], data["MetadataOptions"]["HttpPutResponseHopLimit"]) == ("required", 1)
    assert data["InstanceInitiatedShutdownBehavior"] == "stop" and data["BlockDeviceMappings"][0]["Ebs"]["Encrypted"]
    assert {"Key": "aimaker:pool", "Value": "gpu"} in data["TagSpecifications"][0]["Tags"]


@mock_aws
def test_amazon_takes_the_policies(values) -> None:
    iam = boto3.client("iam", region_name="eu-central-1", aws_access_key_id="-", aws_secret_access_key="-")
    for name in render.POLICIES:
        iam.create_policy(PolicyName=name.removesuffix(".json"), PolicyDocument=json.dumps(render.policy(name, values)))


def test_a_machine_of_the_spot_market_ends_for_good(values) -> None:
    data = render.launch_template(values | {"MARKET": "spot"})["LaunchTemplateData"]
    assert data["InstanceInitiatedShutdownBehavior"] == "terminate" and data["InstanceMarketOptions"]["MarketType"] == "spot"


def test_whatever_changes_something_is_bound_to_the_tag_of_the_pool(values) -> None:
    for statement in render.policy("controller-policy.json", values)["Statement"]:
        condition = json.dumps(statement.get("Condition", {}))
        actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
        changes = any(action.startswith("ec2:") and not action.startswith("ec2:Describe") for action in actions)
        assert not changes or "aimaker:pool" in condition or "LaunchTemplate" in condition, statement


def test_machines_may_nothing_on_ec2_and_only_what_their_pool_uses(values) -> None:
    def actions(**own: str) -> set[str]:
        statements = render.policy("machine-policy.json", values | own)["Statement"]
        return {statement["Sid"] for statement in statements if "ec2:" not in json.dumps(statement)}

    assert "FilesOfTheBucket" in actions() and "FilesOfTheFileSystem" not in actions()
    assert actions(STORE_BUCKET="", STORE_FILESYSTEM="fs-1") & {"FilesOfTheBucket", "ListTheBucket", "FilesOfTheFileSystem"} == {"FilesOfTheFileSystem"}
    assert len(actions()) == len(render.policy("machine-policy.json", values)["Statement"])


def test_the_dead_man_switch_is_on_before_anything_that_can_fail(values) -> None:
    started = yaml.safe_load(base64.b64decode(render.launch_template(values)["LaunchTemplateData"]["UserData"]))
    assert started["runcmd"][:2] == [["systemctl", "daemon-reload"], ["systemctl", "enable", "--now", "aimaker-dead-man.timer"]]
    files = {file["path"]: file for file in started["write_files"]}
    assert files["/usr/local/sbin/aimaker-dead-man"]["permissions"] == "0755"
    assert "QUIET_MINUTES=30\n" in files["/etc/aimaker/machine.env"]["content"] and "SECRET" not in render.user_data(values).replace("/worker.env", "")


def test_a_value_that_is_missing_is_asked_for(tmp_path: Path) -> None:
    (tmp_path / "pool.env").write_text("POOL=gpu\n")
    with pytest.raises(SystemExit, match="ACCOUNT"):
        render.read(tmp_path / "pool.env")


def test_user_data_that_is_too_long_is_refused(values, monkeypatch) -> None:
    monkeypatch.setattr(render, "MOST_USER_DATA", 100)
    with pytest.raises(SystemExit, match="takes 100"):
        render.user_data(values)
