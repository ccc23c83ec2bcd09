"""Fills in the examples of this folder for one pool of GPU machines: `python deploy/ec2/render.py pool.env FOLDER`.

Writes the launch template (with the user data inside), the two policies, and the user data by itself, and prints the commands that bring them
to Amazon. It calls nobody.
"""

import base64
import json
import sys
from pathlib import Path
from string import Template

import yaml

HERE = Path(__file__).resolve().parent
MACHINE = HERE / "machine"
ON_THE_MACHINE = ("POOL", "REGION", "STORE_FILESYSTEM", "QUIET_MINUTES", "MAX_HOURS")
MOST_USER_DATA = 16 * 1024  # bytes, before base64
POLICIES = ("controller-policy.json", "machine-policy.json")
SPOT = {"MarketType": "spot", "SpotOptions": {"SpotInstanceType": "one-time", "InstanceInterruptionBehavior": "terminate"}}
COMMANDS = """
aws iam put-role-policy --role-name $MACHINE_ROLE --policy-name aimaker-$POOL --policy-document file://$folder/machine-policy.json
aws iam put-role-policy --role-name ROLE_OF_THE_CONTROLLER --policy-name aimaker-$POOL --policy-document file://$folder/controller-policy.json
aws ec2 create-launch-template --region $REGION --cli-input-json file://$folder/launch-template.json
aws ssm put-parameter --region $REGION --name /aimaker/$POOL/worker.env --type SecureString --key-id $KMS_KEY --value file://worker.env
aws ssm put-parameter --region $REGION --name /aimaker/$POOL/image --type String --value NAME_OF_THE_RELEASED_IMAGE
aws ec2 create-tags --region $REGION --resources SUBNETS --tags Key=aimaker:pool,Value=$POOL"""


def main(arguments: list[str]) -> int:
    """Write everything into the folder; the exit code."""
    if len(arguments) != 2:
        print("Use: python deploy/ec2/render.py pool.env FOLDER (copy pool.env.example, and fill it in)")
        return 2
    values, folder = read(Path(arguments[0])), Path(arguments[1])
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "user-data.yaml").write_text(user_data(values))
    written = {"launch-template.json": launch_template(values)} | {name: policy(name, values) for name in POLICIES}
    for name, content in written.items():
        (folder / name).write_text(json.dumps(content, indent=2) + "\n")
    print(Template(COMMANDS).substitute(values, folder=folder))
    return 0


def read(file: Path) -> dict[str, str]:
    """The values of a pool.env. Raises SystemExit where one is missing that the example has."""
    values, wanted = parsed(file), parsed(HERE / "pool.env.example")
    if lacking := wanted.keys() - values.keys():
        raise SystemExit(f"{file} lacks {', '.join(sorted(lacking))}: pool.env.example says what they are.")
    if values["MARKET"] not in ("stop", "spot"):
        raise SystemExit(f"MARKET in {file} must be stop or spot.")
    return values


def parsed(file: Path) -> dict[str, str]:
    """NAME=value lines."""
    lines = (line.partition("=") for line in file.read_text().splitlines() if line.strip() and not line.startswith("#"))
    return {name.strip(): value.strip() for name, _equals, value in lines}


def user_data(values: dict[str, str]) -> str:
    """What cloud-init does at the first start of a machine; the dead-man switch comes first, so that whatever fails later costs half an hour at most."""
    settings = "".join(f"{name}={values[name]}\n" for name in ON_THE_MACHINE)
    files = [{"path": "/etc/aimaker/machine.env", "permissions": "0644", "content": settings}]
    for file in sorted(MACHINE.iterdir()):
        script = not file.suffix
        path = f"/usr/local/sbin/{file.name}" if script else f"/etc/systemd/system/{file.name}"
        files.append({"path": path, "permissions": "0755" if script else "0644", "content": file.read_text()})
    start = [["systemctl", "daemon-reload"], *(["systemctl", "enable", "--now", unit] for unit in ("aimaker-dead-man.timer", "aimaker-worker.service"))]
    text = "#cloud-config\n" + yaml.dump({"write_files": files, "runcmd": start}, Dumper=Readable, sort_keys=False, width=1000)
    if len(text.encode()) > MOST_USER_DATA:
        raise SystemExit(f"The user data has {len(text.encode())} bytes, and Amazon takes {MOST_USER_DATA}.")
    return text


class Readable(yaml.SafeDumper):
    """Writes texts of several lines as they are."""

    def represent_str(self, text: str) -> yaml.Node:
        return self.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


Readable.add_representer(str, Readable.represent_str)


def launch_template(values: dict[str, str]) -> dict:
    """The input of `aws ec2 create-launch-template`."""
    template = filled("launch-template.json", values)
    data = template["LaunchTemplateData"]
    data["UserData"] = base64.b64encode(user_data(values).encode()).decode()
    for device in data["BlockDeviceMappings"]:
        device["Ebs"]["VolumeSize"] = int(device["Ebs"]["VolumeSize"])
    if values["MARKET"] == "spot":
        data |= {"InstanceMarketOptions": SPOT, "InstanceInitiatedShutdownBehavior": "terminate"}
    return template


def policy(name: str, values: dict[str, str]) -> dict:
    """An IAM policy without the statements about what this pool does not use."""
    written = json.loads((HERE / name).read_text())
    unused = [f"${key}" for key, value in values.items() if not value]
    statements = [one for one in written["Statement"] if not any(key in json.dumps(one) for key in unused)]
    return filled(name, values) | {"Statement": json.loads(Template(json.dumps(statements)).substitute(values))}


def filled(name: str, values: dict[str, str]) -> dict:
    """An example with the values in the places of their names."""
    return json.loads(Template((HERE / name).read_text()).substitute(values))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
