"""systemd and Kubernetes run the same commands as `manage.py up`, with settings that exist, and their own checkers have nothing to say."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from django.db import connection

from tests.source import ROOT
from webapp.core.supervisor import commands

SETTINGS = set(re.findall(r"^#([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.M))
UNITS = [*sorted((ROOT / "deploy" / "systemd").iterdir()), ROOT / "deploy" / "aimaker.service"]
MANIFESTS = sorted((ROOT / "deploy" / "kubernetes").glob("*.yaml"))
DOCUMENTS = [document for file in MANIFESTS for document in yaml.safe_load_all(file.read_text())]
POSSIBLE = {
    "web": commands.web(),
    "live": commands.live("127.0.0.1", 8001),
    "dispatcher": commands.dispatcher(),
    "worker@": [*commands.worker(), "--queues", "%i"],
    "worker-io": [*commands.worker(), "--queues", "io"],
    "worker-train": [*commands.worker(), "--queues", "train"],
}


@pytest.mark.parametrize("name", ["web", "live", "dispatcher", "worker@"])
def test_a_unit_runs_the_command_of_the_process_of_its_name(name):
    unit = (ROOT / "deploy" / "systemd" / f"aimaker-{name}.service").read_text()
    assert re.search(r"^ExecStart=(.*)$", unit, re.M)[1].split() == ["/opt/aimaker/.venv/bin/python", "-m", *POSSIBLE[name]]


def test_units_name_settings_that_exist():
    for unit in UNITS:
        for line in re.findall(r"^Environment=(.*)$", unit.read_text(), re.M):
            assert {pair.partition("=")[0] for pair in line.split()} <= SETTINGS, unit.name


def test_units_may_write_to_the_folder_that_the_runbook_has_machines_share():
    shared = re.search(r"STORE_FOLDER=(/\S+?)/store`", (ROOT / "deploy" / "README.md").read_text())[1]
    for unit in UNITS:
        if "ProtectSystem=strict" in (text := unit.read_text()):
            assert f"\nReadWritePaths=-{shared}\n" in text, unit.name


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="there is no systemd-analyze here")
def test_systemd_has_nothing_to_say_of_our_units(tmp_path: Path):
    places = [tmp_path / unit.name.replace("@.", "@io.") for unit in UNITS]
    for unit, place in zip(UNITS, places, strict=True):
        place.write_text(unit.read_text().replace("/opt/aimaker/.venv/bin/python", sys.executable).replace("/opt/aimaker", str(ROOT)))
    said = subprocess.run(["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", *places], capture_output=True, text=True)
    assert (said.returncode, said.stdout, said.stderr) == (0, "", "")


def test_every_manifest_is_what_kubernetes_says():
    checked = subprocess.run([Path(sys.executable).parent / "kubernetes-validate", "--strict", "--quiet", "--no-warn", *MANIFESTS], capture_output=True, text=True)
    assert (checked.returncode, checked.stderr) == (0, "")


def test_every_manifest_is_applied_but_the_example_of_secrets():
    applied = next(document for document in DOCUMENTS if document["kind"] == "Kustomization")["resources"]
    assert set(applied) == {file.name for file in MANIFESTS} - {"kustomization.yaml", "secrets.example.yaml"}


def containers() -> dict[str, dict]:
    """The first container of each Deployment, by its name."""
    return {found["metadata"]["name"]: found["spec"]["template"]["spec"]["containers"][0] for found in DOCUMENTS if found["kind"] == "Deployment"}


def test_pods_run_the_commands_of_the_processes_of_their_names():
    for name in POSSIBLE.keys() - {"worker@"}:
        command = commands.live("0.0.0.0", 8001) if name == "live" else POSSIBLE[name]
        assert containers()[name]["command"] == ["python", "-m", *command]


def test_pods_write_to_their_volumes_alone_have_limits_and_are_asked_how_they_are():
    for name, container in containers().items():
        assert container["securityContext"] == {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}}, name
        assert "memory" in container["resources"]["limits"] and "livenessProbe" in container, name


def test_the_settings_of_pods_exist_and_their_secrets_are_mounted():
    settings = next(document for document in DOCUMENTS if document["kind"] == "ConfigMap")["data"]
    assert set(settings) - {"AWS_DEFAULT_REGION"} <= SETTINGS | {f"{name}_FILE" for name in SETTINGS}
    example = next(document for document in DOCUMENTS if document["kind"] == "Secret")["stringData"]
    assert {Path(value).name for value in settings.values() if value.startswith("/run/secrets/")} == set(example)


def test_workers_that_train_are_counted_from_rows_and_none_is_taken_away_while_one_trains():
    scaled = {document["spec"]["scaleTargetRef"]["name"]: document["spec"] for document in DOCUMENTS if document["kind"] == "ScaledObject"}
    assert set(scaled) == {"worker-io", "worker-train"}
    assert {trigger["type"] for spec in scaled.values() for trigger in spec["triggers"]} == {"mysql", "prometheus"}
    behavior = scaled["worker-train"]["advanced"]["horizontalPodAutoscalerConfig"]["behavior"]
    assert behavior["scaleDown"]["selectPolicy"] == "Disabled" and scaled["worker-train"]["minReplicaCount"] == 0


def test_prometheus_asks_each_process_by_its_number_and_is_let_in():
    jobs = {job["job_name"]: job["dns_sd_configs"] for job in yaml.safe_load((ROOT / "deploy" / "prometheus" / "prometheus.yml").read_text())["scrape_configs"]}
    ports = {found[0]["names"][0]: found[0]["port"] for found in jobs.values()}
    assert ports == {"web": 8000, "live": 8001} and all(found[0]["type"] == "A" for found in jobs.values())
    services = {document["metadata"]["name"]: document["spec"] for document in DOCUMENTS if document["kind"] == "Service"}
    assert all(services[f"{name}-each"]["clusterIP"] == "None" and services[f"{name}-each"]["ports"][0]["port"] == port for name, port in ports.items())
    doors = [door for document in DOCUMENTS if document["kind"] == "NetworkPolicy" for door in document["spec"].get("ingress", [])]
    monitoring = next(door for door in doors if "monitoring" in str(door["from"]))
    assert {port["port"] for port in monitoring["ports"]} == set(ports.values())


@pytest.mark.django_db
def test_the_query_that_counts_trainings_is_understood_by_our_tables():
    query = next(trigger["metadata"]["query"] for document in DOCUMENTS if document["kind"] == "ScaledObject" for trigger in document["spec"]["triggers"] if trigger["type"] == "mysql")
    with connection.cursor() as cursor:
        cursor.execute(query)
        assert cursor.fetchone() == (0,)
