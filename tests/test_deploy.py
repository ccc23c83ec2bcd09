"""Containers run what `manage.py up` runs, know only settings that exist, and are reached by nobody but nginx."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from deploy import nginx
from tests.source import ROOT
from webapp.core.supervisor import commands

COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES = COMPOSE["services"]
SETTINGS = set(re.findall(r"^#([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.M))
DOCKERFILE = (ROOT / "deploy" / "Dockerfile").read_text()
COMMANDS = {
    "web": commands.web(),
    "live": commands.live("0.0.0.0", 8001),
    "dispatcher": commands.dispatcher(),
    "worker-io": [*commands.worker(), "--queues", "io"],
    "worker-train": [*commands.worker(), "--queues", "train"],
}
OTHERS = {"AWS_SHARED_CREDENTIALS_FILE"}  # boto3's own
ONE_SHOT = {"migrate"}


@pytest.mark.parametrize("name", COMMANDS)
def test_a_container_runs_the_command_of_the_process_of_its_name(name):
    assert SERVICES[name]["command"] == ["python", "-m", *COMMANDS[name]]


def test_containers_use_settings_that_exist():
    used = {name.removesuffix("_FILE") if name.removesuffix("_FILE") in SETTINGS else name for name in COMPOSE["x-ours"]["environment"]}
    assert used <= SETTINGS | OTHERS


def test_every_container_of_ours_is_built_from_a_stage_of_the_dockerfile():
    stages = set(re.findall(r"^FROM \S+ AS (\w+)$", DOCKERFILE, re.M))
    built = {service["image"]: service["build"]["target"] for service in SERVICES.values() if "build" in service}
    assert set(built.values()) <= stages
    assert all(service["image"] in built for service in SERVICES.values() if service["image"].startswith("aimaker"))


def test_every_container_has_a_health_check_and_limits_unless_it_ends_by_itself():
    for name in set(SERVICES) - ONE_SHOT:
        assert "test" in SERVICES[name]["healthcheck"], name
        assert {"cpus", "memory", "pids"} <= set(SERVICES[name]["deploy"]["resources"]["limits"]), name


def test_only_nginx_can_be_reached_and_it_reaches_no_database():
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["nginx"]
    assert SERVICES["nginx"]["networks"] == ["front"] and COMPOSE["networks"]["back"] == {"internal": True}
    assert all(SERVICES[name]["networks"] == ["back"] for name in ("mysql", "redis", "dispatcher", "migrate"))


def test_containers_share_the_store_and_runs_and_nothing_else_that_they_write():
    named = {volume.partition(":")[0] for service in SERVICES.values() for volume in service.get("volumes", [])} - {"/data"}
    assert named == set(COMPOSE["volumes"]) == {"store", "runs", "mysql", "redis"}
    assert [name for name, service in SERVICES.items() if any("runs:" in volume for volume in service.get("volumes", []))] == ["worker-train"]
    assert SERVICES["nginx"]["volumes"] == ["store:/store:ro"]


def test_our_containers_write_to_their_volume_alone_and_have_no_rights():
    for name, service in SERVICES.items():
        if service["image"].startswith("aimaker"):
            assert service["read_only"] and service["cap_drop"] == ["ALL"] and "no-new-privileges:true" in service["security_opt"], name
    for stage in re.split(r"^FROM ", DOCKERFILE, flags=re.M):
        if re.match(r"\S+ AS (web|worker|nginx)$", stage, re.M):
            assert re.findall(r"^USER (\S+)", stage, re.M)[-1] in ("10001:10001", "101:101")


def test_passwords_come_from_files_that_are_made_for_every_secret(tmp_path: Path):
    text = (ROOT / "docker-compose.yml").read_text()
    assert not re.findall(r"(?:(?<!ROOT_)PASSWORD|SECRET_KEY|TOKEN):", text)
    program = f"from deploy.first_secrets import main; from pathlib import Path; main(Path({str(tmp_path / 'secrets')!r}))"
    before = [subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True) and {file.name: file.read_text() for file in (tmp_path / "secrets").iterdir()} for _time in range(2)]
    assert before[0] == before[1] and set(before[0]) == {Path(secret["file"]).name for secret in COMPOSE["secrets"].values()}
    assert before[0]["mysql_password"] in before[0]["database_url"] and len(before[0]["secret_key"]) >= 50
    assert (tmp_path / "secrets").stat().st_mode & 0o77 == 0


def test_redis_is_kept_on_disk_and_never_forgets():
    command = " ".join(SERVICES["redis"]["command"])
    assert "--appendonly yes" in command and "--maxmemory-policy noeviction" in command


def test_what_the_web_image_leaves_out_is_pinned_under_that_name():
    left_out = re.search(r"\^\((.*?)\)==", DOCKERFILE)[1].split("|")
    pinned = {line.split("==")[0] for line in (ROOT / "requirements.txt").read_text().splitlines()}
    assert set(left_out) <= pinned and "torch" in left_out


@pytest.mark.parametrize("files", [["docker-compose.yml"], ["deploy/compose.gpu.yml"]])
def test_compose_files_are_what_the_compose_schema_says(files):
    checked = subprocess.run([sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", *files], cwd=ROOT, capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.parametrize("file", ["deploy/Dockerfile", "webapp/bundles/carry/server/Dockerfile"])
def test_a_linter_has_nothing_to_say_of_a_dockerfile(file):
    linter = Path(sys.executable).parent / "hadolint"
    said = subprocess.run([linter, "--config", ".hadolint.yaml", file], cwd=ROOT, capture_output=True, text=True)
    assert (said.returncode, said.stdout, said.stderr) == (0, "", "")


def test_the_container_of_nginx_fills_in_every_name_of_its_templates():
    named = {name for file in ("nginx.conf", "nginx-main.conf") for name in re.findall(r"\$\{(SITE_\w+)\}", (ROOT / "deploy" / file).read_text())}
    assert named == set(SERVICES["nginx"]["environment"]) == set(nginx.ONE_MACHINE)


def test_nginx_writes_neither_a_query_nor_an_address_into_its_log():
    conf = (ROOT / "deploy" / "nginx.conf").read_text()
    written = re.search(r"log_format (\w+) (.*?);", conf, re.S)
    assert not set(re.findall(r"\$\w+", written[2])) & {"$request", "$request_uri", "$args", "$query_string", "$http_referer", "$uri", "$remote_addr"} and "$aimaker_path" in written[2]
    logs = re.findall(r"^    access_log \S+ (\w+);", conf, re.M)
    assert logs == [written[1]] * len(re.findall(r"^server \{", conf, re.M))
