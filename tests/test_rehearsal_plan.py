"""The rehearsal runs what the compose file says: its services, their commands, their variables; nothing is left out silently."""

import sys
from pathlib import Path

from tests.rehearsal.plan import COPIES, LEFT_OUT, ONCE, Plan, compose, seconds, target_of

SERVERS = {"mysql", "redis", "s3", "nginx"}  # tests/rehearsal/servers.py plays them
PLAN = Plan(Path("/here"), "127.9.9", {"PUBLIC_URL": "https://ai.example.org"})


def test_every_service_is_played_or_named_as_left_out():
    services = compose()["services"]
    ours = {part.service for part in PLAN.ours()}
    assert ours | SERVERS | set(ONCE) | set(LEFT_OUT) == set(services) and not ours & SERVERS
    assert [part.name for part in PLAN.ours() if part.service == "web"] == ["web-1", "web-2"] and set(COPIES) <= ours


def test_a_part_has_the_command_and_the_variables_of_its_container():
    for part in PLAN.ours():
        said = compose()["services"][part.service]
        assert part.command == [sys.executable, *(word.replace("0.0.0.0", part.address) for word in said["command"][1:])]
        assert set(said["environment"]) <= set(part.environment) and part.health and part.grace == seconds(said.get("stop_grace_period", "10s"))


def test_names_of_hosts_are_addresses_here_and_every_part_has_its_own():
    web, other = PLAN.part("web", 1), PLAN.part("web", 2)
    assert web.environment["REDIS_URL"] == f"redis://{PLAN.address('redis')}:6379/0" and web.environment["HOST"] == web.address != other.address
    assert PLAN.part("nginx").environment["SITE_WEB"] == f"server {web.address}:8000 max_fails=0; server {other.address}:8000 max_fails=0;"
    assert PLAN.translated("mysql://aimaker:x@mysql/aimaker", "", {}) == f"mysql://aimaker:x@{PLAN.address('mysql')}/aimaker"


def test_folders_inside_a_container_are_folders_of_that_part_and_secrets_are_one_for_all():
    web = PLAN.part("web", 1)
    assert web.environment["AIMAKER_DATA"] == "/here/web-1/data" and Path("/here/web-1/data") in web.places
    assert web.environment["SECRET_KEY_FILE"] == "/here/secrets/secret_key" and web.environment["PUBLIC_URL"] == "https://ai.example.org"


def test_times_and_volumes_are_read_as_compose_reads_them():
    assert [seconds(text) for text in ("35s", "1m", "1m30s")] == [35, 60, 90]
    assert [target_of(text) for text in ("data:/data", "data:/data:ro", "/tmp")] == ["/data", "/data", "/tmp"]
