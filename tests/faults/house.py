"""A house of real processes on a folder of its own: SQLite, Redis, dispatcher, workers. They are killed by their own ids only."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from django.conf import settings
from django.db import connections
from django.test import override_settings

from tests.machine import wait_for
from tests.private_redis import Redis
from tests.source import ROOT
from trainer.bundle import read_bundle
from webapp.accounts.models import User
from webapp.core import store
from webapp.core.test import Cast, vector
from webapp.images.models import Embedding, Image
from webapp.projects.models import Label, Project
from webapp.serving.models import Model
from webapp.training.models import Run

LEASE_SECONDS = 3
WITH_FILES = 10


class Process:
    """A process with everything below it, in a group of its own."""

    def __init__(self, name: str, house: "House"):
        self.log = house.data / f"{name}.log"
        words = {"worker": ["-m", "worker"], "dispatcher": ["-m", "worker.dispatcher"]}[name.split("-")[0]]
        with self.log.open("a") as log:
            self.popen = subprocess.Popen([sys.executable, *words], cwd=ROOT, env=house.environment, stdout=log, stderr=log, start_new_session=True)

    @property
    def pid(self) -> int:
        return self.popen.pid

    def signal(self, number: int) -> None:
        self.popen.send_signal(number)

    def signal_group(self, number: int) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self.pid, number)

    def kill_group(self) -> None:
        self.signal_group(signal.SIGCONT)
        self.signal_group(signal.SIGKILL)
        self.popen.wait()

    def said(self) -> str:
        return self.log.read_text(errors="replace")


class House:
    """Processes, and the rows they work on."""

    def __init__(self, data: Path):
        self.data = data
        self.redis = Redis(data / "redis").start()
        self.environment = os.environ | {"AIMAKER_DATA": str(data), "REDIS_URL": self.redis.url, "LEASE_SECONDS": str(LEASE_SECONDS), "LOG_LEVEL": "INFO"}
        self.started: list[Process] = []

    def start(self, name: str) -> Process:
        self.started.append(Process(name, self))
        return self.started[-1]

    def start_worker(self, name: str = "worker") -> Process:
        """A worker that is there and warm: what a test measures should not be the loading of torch."""
        process = self.start(name)
        wait_for(lambda: "embedder is warm" in process.said(), 60, process.said)
        return process

    def end(self) -> None:
        for process in self.started:
            process.kill_group()
        self.redis.end()

    def said(self) -> str:
        return "\n".join(process.said()[-3000:] for process in self.started)

    def project(self, pictures: int = 10) -> Project:
        """A project of two labels with real pictures."""
        self.number = getattr(self, "number", 0) + 1
        owner = User.objects.create_user(f"{self.number}@example.org", "correct horse", is_guest=False)
        cast = Cast()
        cast.project = Project.objects.create(owner=owner, name="Animals")
        for label in (cast.label("猫"), cast.label("犬")):
            self.fill(cast, label, pictures)
        return cast.project

    def fill(self, cast: Cast, label: Label, pictures: int) -> None:
        """Pictures with files as far as a training looks at files, and then some that are only vectors, which is all that preset quick needs."""
        for seed in range(min(pictures, WITH_FILES)):
            cast.image(label, seed)
        numbers = range(WITH_FILES, pictures)
        images = [Image(project=label.project, label=label, sha256=f"{label.position}-{number}", width=9, height=9, size_bytes=9) for number in numbers]
        Image.objects.bulk_create(images)
        Embedding.objects.bulk_create(Embedding(image=image, vector=vector(label.position, number)) for image, number in zip(images, numbers, strict=True))

    def picture(self, image: Image) -> bytes:
        return store.get(image.file_name)

    def child(self, run: Run) -> int:
        """The number of the training child of a run; 0 while there is none."""
        file = self.data / "runs" / str(run.id) / "lock"
        text = file.read_text() if file.exists() else ""
        return int(text) if text and alive(int(text)) else 0

    def wait(self, condition, seconds: float) -> None:
        wait_for(condition, seconds, self.said)

    def wait_for_epoch(self, run: Run, number: int, seconds: float = 40) -> None:
        self.wait(lambda: fresh(run).epoch >= number or not fresh(run).is_live, seconds)
        assert fresh(run).is_live, f"the run ended before epoch {number}: {fresh(run).status} {fresh(run).error}"

    def wait_for_end(self, run: Run, seconds: float = 120) -> Run:
        self.wait(lambda: not fresh(run).is_live, seconds)
        return fresh(run)

    def check(self) -> None:
        """What must hold whatever befell: see the invariants of every fault test."""
        for run in Run.objects.all():
            numbers = list(run.epoch_rows.order_by("id").values_list("epoch", flat=True))
            assert numbers == list(range(1, len(numbers) + 1)), f"epochs {numbers}"
            assert Model.objects.filter(run=run).count() == (run.status == Run.READY)
            assert not run.is_live and run.active is None
            assert not (self.data / "runs" / str(run.id)).exists() or self.child(run) == 0
        for model in Model.objects.all():
            assert read_bundle(store.local_path(model.folder)).sha256 == model.sha256
            assert store.folders(f"projects/{model.project_id}/models") == [str(model.id)]
        assert "Traceback" not in self.said(), self.said()


def fresh(run: Run) -> Run:
    return Run.objects.get(id=run.id)


def alive(pid: int) -> bool:
    """Whether a process runs; one that is dead and not yet buried does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@contextmanager
def furnished(template: Path) -> Iterator[House]:
    """A house that starts as a copy of the template, with the models of this process bound to it."""
    data = Path(tempfile.mkdtemp(prefix="aim-"))
    shutil.copytree(template, data, dirs_exist_ok=True)
    house = House(data)
    try:
        with bound_to(data):
            yield house
    finally:
        house.end()
        shutil.rmtree(data, ignore_errors=True)


@contextmanager
def bound_to(data: Path) -> Iterator[None]:
    """Point this process's database and store at a data folder."""
    before, databases = connections["default"], dict(connections.databases["default"])
    storages = {**settings.STORAGES, "default": {**settings.STORAGES["default"], "OPTIONS": {"location": data / "store"}}}
    connections.databases["default"]["NAME"] = str(data / "aimaker.sqlite3")
    connections["default"] = connections.create_connection("default")
    try:
        with override_settings(DATA=data, STORE=data / "store", STORAGES=storages, LEASE_SECONDS=LEASE_SECONDS):
            yield
    finally:
        connections["default"].close()
        connections.databases["default"].clear()
        connections.databases["default"].update(databases)
        connections["default"] = before
