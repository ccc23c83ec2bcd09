"""Containers run what `manage.py up` runs, and know only settings that exist."""

import re

import pytest
import yaml

from tests.source import ROOT
from webapp.core.supervisor import commands

COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SETTINGS = set(re.findall(r"^#([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.M))
COMMANDS = {"web": commands.web(), "live": commands.live("0.0.0.0", 8001), "dispatcher": commands.dispatcher(), "worker": commands.worker()}


@pytest.mark.parametrize("name", COMMANDS)
def test_a_container_runs_the_command_of_the_process_of_its_name(name):
    assert COMPOSE["services"][name]["command"] == ["python", "-m", *COMMANDS[name]]


def test_containers_use_settings_that_exist():
    assert set(COMPOSE["x-app"]["environment"]) <= SETTINGS
    assert set(re.findall(r"\b([A-Z][A-Z_]+)=", (ROOT / "deploy" / "aimaker.service").read_text())) <= SETTINGS


def test_every_container_of_ours_is_built_from_a_stage_of_the_dockerfile():
    stages = set(re.findall(r"^FROM \S+ AS (\w+)$", (ROOT / "deploy" / "Dockerfile").read_text(), re.M))
    assert {service["build"]["target"] for service in COMPOSE["services"].values() if "build" in service} <= stages


def test_redis_is_kept_on_disk_and_never_forgets():
    command = " ".join(COMPOSE["services"]["redis"]["command"])
    assert "--appendonly yes" in command and "--maxmemory-policy noeviction" in command


def test_what_the_web_image_leaves_out_is_pinned_under_that_name():
    left_out = re.search(r"\^\((.*?)\)==", (ROOT / "deploy" / "Dockerfile").read_text())[1].split("|")
    pinned = {line.split("==")[0] for line in (ROOT / "requirements.txt").read_text().splitlines()}
    assert set(left_out) <= pinned and "torch" in left_out


def test_nginx_tells_the_sockets_too_who_asks_for_what():
    block = re.search(r"location /ws/ \{(.*?)\}", (ROOT / "deploy" / "nginx.conf").read_text(), re.S)[1]
    assert {"Host", "X-Forwarded-For", "Upgrade", "Connection"} <= set(re.findall(r"proxy_set_header (\S+)", block))


def test_nginx_writes_no_query_into_its_log():
    conf = (ROOT / "deploy" / "nginx.conf").read_text()
    written = re.search(r"log_format (\w+) (.*?);", conf, re.S)
    assert not set(re.findall(r"\$\w+", written[2])) & {"$request", "$request_uri", "$args", "$query_string", "$http_referer"} and "$uri" in written[2]
    logs = re.findall(r"access_log \S+ (\w+);", conf)
    assert logs == [written[1]] * len(re.findall(r"^server \{", conf, re.M))
