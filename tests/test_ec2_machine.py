"""What lies on a GPU machine of Amazon: the script that runs its worker, the dead-man switch, their units."""

import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest
from django.utils import timezone

from tests.source import ROOT
from webapp.fleet.models import Controller
from worker import signs

MACHINE = ROOT / "deploy" / "ec2" / "machine"
MINUTE = 60
NEVER = None
RECORD = '#!/bin/sh\necho "$(basename "$0") $*" >> "$CALLS"\n'
ANSWERS = {
    "aws": 'case "$*" in *worker.env*) echo SECRET_KEY=hidden;; *image*) echo "$IMAGE";; *) echo token;; esac',
    "cloud-init": "echo i-0123456789abcdef0",
    "docker": 'case "$1 $REGISTRY" in "pull away") exit 1;; esac',
    "systemctl": "",
    "mountpoint": "exit 1",
    "mount": "",
}


class Stage:
    """A folder in which a script of a machine runs, with programs of the machine that only write down how they were called."""

    def __init__(self, folder: Path):
        self.folder = folder
        for name, answer in ANSWERS.items():
            program = folder / "bin" / name
            program.parent.mkdir(exist_ok=True)
            program.write_text(RECORD + answer + "\n")
            program.chmod(0o755)
        self.env = folder / "machine.env"
        self.env.write_text("POOL=gpu\nREGION=eu-central-1\nSTORE_FILESYSTEM=\nQUIET_MINUTES=30\nMAX_HOURS=24\n")

    def run(self, name: str, **variables: str) -> list[str]:
        """What the script called, in order; it must succeed."""
        places = {"MACHINE": self.env, "DATA": self.folder / "data", "RUN": self.folder / "run", "SHARED": self.folder / "shared", "CALLS": self.folder / "calls"}
        path = f"{self.folder / 'bin'}:{os.environ['PATH']}"
        environment = {name: str(value) for name, value in places.items()} | {"PATH": path, "WORKER_USER": str(os.getuid())} | variables
        subprocess.run(["bash", str(MACHINE / name)], env=environment, check=True, capture_output=True, timeout=30)
        calls = self.folder / "calls"
        return calls.read_text().splitlines() if calls.exists() else []

    def sign(self, name: str, age: float | None) -> None:
        """Let a sign of life be so many seconds old, or not there."""
        file = self.folder / "data" / "signs" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        if age is not NEVER:
            file.touch()
            os.utime(file, (time.time() - age, time.time() - age))


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path)


@pytest.mark.parametrize(
    ("up", "controller", "work", "goes"),
    [
        (29 * MINUTE, NEVER, NEVER, False),  # just started: nobody can have come yet
        (31 * MINUTE, NEVER, NEVER, True),
        (300 * MINUTE, 31 * MINUTE, 31 * MINUTE, True),
        (300 * MINUTE, 31 * MINUTE, 1 * MINUTE, False),  # the controller is gone, and there is work
        (300 * MINUTE, 1 * MINUTE, 31 * MINUTE, False),  # the controller decides
        (10 * MINUTE, 9000 * MINUTE, 9000 * MINUTE, False),  # signs of last week on the disk of a machine that was started again
        (300 * MINUTE, -600 * MINUTE, NEVER, True),  # a sign of tomorrow is none
        (24 * 60 * MINUTE, 1, 1, True),  # longer than any machine may run
    ],
)
def test_a_machine_that_nobody_needs_shuts_itself_down(stage: Stage, up, controller, work, goes) -> None:
    stage.sign("controller", controller)
    stage.sign("work", work)
    assert stage.run("aimaker-dead-man", UPTIME=str(up)) == (["systemctl poweroff"] if goes else [])


@pytest.mark.django_db
def test_the_signs_that_a_worker_gives_are_those_that_the_switch_looks_for(stage: Stage, settings) -> None:
    settings.DATA = stage.folder / "data"
    settings.DATA.mkdir()
    Controller.objects.create(looked=timezone.now())
    signs.give("i-0123456789abcdef0")
    assert stage.run("aimaker-dead-man", UPTIME=str(300 * MINUTE)) == []
    stage.sign("controller", 31 * MINUTE)
    assert stage.run("aimaker-dead-man", UPTIME=str(300 * MINUTE)) == ["systemctl poweroff"]


def test_a_machine_runs_the_released_image_under_its_own_name(stage: Stage) -> None:
    calls = stage.run("aimaker-worker", IMAGE="registry.example.org/aimaker-worker@sha256:1")
    said = calls[-1].split()
    assert said[:2] == ["docker", "run"] and said[-1] == "registry.example.org/aimaker-worker@sha256:1"
    assert {"WORKER_NAME=i-0123456789abcdef0", "METADATA_URL=http://169.254.169.254", "WORKER_QUEUES=train"} <= set(said)
    secrets = stage.folder / "run" / "worker.env"
    assert secrets.read_text() == "SECRET_KEY=hidden\n" and secrets.stat().st_mode & 0o777 == 0o600
    assert not [call for call in calls if "login" in call or call.startswith("mount ")]


def test_a_machine_whose_registry_is_away_runs_the_image_that_it_has(stage: Stage) -> None:
    calls = stage.run("aimaker-worker", IMAGE="1.dkr.ecr.eu-central-1.amazonaws.com/aimaker-worker:2", REGISTRY="away")
    assert "docker login --username AWS --password-stdin 1.dkr.ecr.eu-central-1.amazonaws.com" in calls
    assert calls[-1].startswith("docker run")


def test_a_machine_mounts_the_file_system_that_its_pool_shares(stage: Stage) -> None:
    stage.env.write_text(stage.env.read_text().replace("STORE_FILESYSTEM=", "STORE_FILESYSTEM=fs-1"))
    calls = stage.run("aimaker-worker", IMAGE="aimaker-worker")
    mounted = next(call for call in calls if call.startswith("mount "))
    assert mounted.endswith(f"fs-1.efs.eu-central-1.amazonaws.com:/ {stage.folder / 'shared'}") and "hard" in mounted
    assert f"{stage.folder / 'shared'}:/store" in calls[-1]


def test_the_scripts_of_a_machine_are_sound() -> None:
    if not shutil.which("shellcheck"):
        pytest.skip("shellcheck is not installed")
    scripts = [str(file) for file in MACHINE.iterdir() if not file.suffix]
    checked = subprocess.run(["shellcheck", *scripts], capture_output=True, text=True)
    assert len(scripts) == 2 and checked.returncode == 0, checked.stdout


def test_the_units_of_a_machine_are_understood_by_systemd(tmp_path: Path) -> None:
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd-analyze is not installed")
    sbin, units = tmp_path / "usr" / "local" / "sbin", tmp_path / "etc" / "systemd" / "system"
    for file in MACHINE.iterdir():
        target = units if file.suffix else sbin
        target.mkdir(parents=True, exist_ok=True)
        (target / file.name).write_text(file.read_text())
        (target / file.name).chmod(0o755 if target == sbin else 0o644)
    shutil.copytree("/usr/lib/systemd/system", tmp_path / "usr/lib/systemd/system", symlinks=True)
    (units / "docker.service").write_text("[Service]\nExecStart=/usr/local/sbin/aimaker-worker\n")
    names = [file.name for file in MACHINE.iterdir() if file.suffix]
    checked = subprocess.run(["systemd-analyze", f"--root={tmp_path}", "--man=no", "verify", *names], capture_output=True, text=True)
    told = [line for line in checked.stderr.splitlines() if "aimaker" in line]
    assert len(names) == 3 and not told, told
