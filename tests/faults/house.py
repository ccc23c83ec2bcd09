"""A house of real processes on a folder of its own: database, Redis, dispatcher, workers. They are killed by their own ids only."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from unittest.mock import patch
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connections
from django.test import override_settings

from tests.faults import invariants
from tests.faults.proxy import Proxy
from tests.faults.web import Web
from tests.furniture import fill
from tests.private_redis import Redis
from tests.source import ROOT
from tests.waiting import wait_for
from trainer.files import sha256_of_bytes
from webapp import environment
from webapp.accounts.models import User
from webapp.core import store
from webapp.core.supervisor import commands
from webapp.core.test import Cast, jpeg, vector
from webapp.images.models import Embedding, Image
from webapp.projects.models import Label, Project
from webapp.training.models import Run

LEASE_SECONDS = 3
COMMANDS = {"worker": ["-m", "worker"], "dispatcher": ["-m", "worker.dispatcher"], "web": ["-m", *commands.web()]}
WITH_THUMBS = 10
MANY_SEED = 1_000_000


class Process:
    """A process with everything below it, in a group of its own."""

    def __init__(self, name: str, house: "House", words: list[str] | None = None, **variables: str):
        self.log = house.data / f"{name}.log"
        words = words or COMMANDS[name.split("-")[0]]
        with self.log.open("a") as log:
            environment = house.environment | variables
            self.popen = subprocess.Popen([sys.executable, *words], cwd=ROOT, env=environment, stdout=log, stderr=log, start_new_session=True)

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

    def __init__(self, data: Path, **variables: str):
        self.data = data
        self.redis = Redis(data / "redis").start()
        self.environment = os.environ | {"AIMAKER_DATA": str(data), "REDIS_URL": self.redis.url, "LEASE_SECONDS": str(LEASE_SECONDS), "LOG_LEVEL": "INFO", "SPARE_CHILD": "0"}
        self.environment |= variables
        self.environment["SECRET_KEY"] = settings.SECRET_KEY  # a cookie made here must be known to the web process
        self.started: list[Process] = []
        self.proxies: list[Proxy] = []

    def put_proxy(self) -> Proxy:
        """Let all processes that are started from now on reach Redis through a proxy that can misbehave."""
        self.proxies.append(Proxy(self.data / "redis" / "proxy.sock", self.data / "redis" / "redis.sock"))
        self.environment["REDIS_URL"] = f"unix://{self.proxies[-1].path}"
        return self.proxies[-1]

    def put_database_proxy(self) -> Proxy:
        """The same before the database server; this process itself goes straight to it."""
        url = urlsplit(self.environment["DATABASE_URL"])
        self.proxies.append(Proxy(("127.0.0.1", 0), (url.hostname, url.port)))
        self.environment["DATABASE_URL"] = url._replace(netloc=url.netloc.replace(str(url.port), str(self.proxies[-1].path[1]))).geturl()
        return self.proxies[-1]

    def start(self, name: str, words: list[str] | None = None, **variables: str) -> Process:
        self.started.append(Process(name, self, words, **variables))
        return self.started[-1]

    def start_web(self, **variables: str) -> Web:
        """Pages and API on a port of their own."""
        web = Web()
        process = self.start("web", PORT=str(web.port), **variables)
        wait_for(web.answers, 60, process.said)
        return web

    def start_worker(self, name: str = "worker", words: list[str] | None = None, **variables: str) -> Process:
        """A worker that is there and warm: what a test measures should not be the loading of torch."""
        process = self.start(name, words, **variables)
        self.wait_until_warm(process)
        return process

    def start_workers(self, count: int, words: list[str] | None = None) -> list[Process]:
        """Workers worker-1, worker-2 and so on, that are there and warm."""
        workers = [self.start(f"worker-{number}", words) for number in range(1, count + 1)]
        for worker in workers:
            self.wait_until_warm(worker)
        return workers

    def wait_until_warm(self, worker: Process) -> None:
        wait_for(lambda: "embedder is warm" in worker.said(), 60, worker.said)

    def end(self) -> None:
        for process in self.started:
            process.kill_group()
        for proxy in self.proxies:
            proxy.end()
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
        """Pictures of a label; where there are many, written without waiting for the disk."""
        for seed in range(min(pictures, WITH_THUMBS)):
            cast.image(label, seed)
        numbers = range(WITH_THUMBS, pictures)
        contents = [jpeg(number + 1000 * label.position + MANY_SEED, (16, 16)) for number in numbers]
        images = [Image(project=label.project, label=label, sha256=sha256_of_bytes(content), width=16, height=16, size_bytes=len(content)) for content in contents]
        for image, content in zip(images, contents, strict=True):
            path = store.local_path(image.file_name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        Image.objects.bulk_create(images)
        Embedding.objects.bulk_create(Embedding(image=image, vector=vector(label.position, number)) for image, number in zip(images, numbers, strict=True))

    def picture(self, image: Image) -> bytes:
        return store.get(image.file_name)

    def child(self, run: Run) -> int:
        """The number of the training child of a run; 0 while there is none."""
        file = self.data / "runs" / str(run.id) / "lock"
        number = file.read_text().rpartition(" ")[2] if file.exists() else ""
        return int(number) if number and alive(int(number)) else 0

    def wait(self, condition, seconds: float) -> None:
        wait_for(condition, seconds, self.said)

    def wait_for_epoch(self, run: Run, number: int, seconds: float = 40) -> None:
        self.wait(lambda: fresh(run).epoch >= number or not fresh(run).is_live, seconds)
        assert fresh(run).is_live, f"the run ended before epoch {number}: {fresh(run).status} {fresh(run).error}"

    def wait_for_end(self, run: Run, seconds: float = 120) -> Run:
        self.wait(lambda: not fresh(run).is_live, seconds)
        return fresh(run)

    def check(self) -> None:
        """What must hold whatever befell, at the end of every fault test; nothing is at work any more then."""
        self.wait(lambda: not Run.objects.filter(active=True).exists(), 60)
        invariants.check(self.data, [process.said() for process in self.started])


def fresh(run: Run) -> Run:
    return Run.objects.get(id=run.id)


def alive(pid: int) -> bool:
    """Whether a process runs; one that is dead and not yet buried does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@contextmanager
def furnished(template: Path, **variables: str) -> Iterator[House]:
    """A house that starts as a copy of the template, with the models of this process bound to it; `variables` go into the environment of its processes."""
    data = Path(tempfile.mkdtemp(prefix="aim-"))
    shutil.copytree(template, data, dirs_exist_ok=True, symlinks=True)
    variables = fill(data) | variables
    (data / "incoming").mkdir(exist_ok=True)
    house = House(data, **variables)
    try:
        with bound_to(data, variables):
            yield house
    finally:
        house.end()
        shutil.rmtree(data, ignore_errors=True)


@contextmanager
def bound_to(data: Path, variables: dict[str, str]) -> Iterator[None]:
    """Point this process's database and store at a data folder, or at the DATABASE_URL of the variables."""
    before, databases = connections["default"], dict(connections.databases["default"])
    storages = {**settings.STORAGES, "default": {**settings.STORAGES["default"], "OPTIONS": {"location": data / "store"}}}
    with patch.dict(os.environ, variables):
        connections.databases["default"].update(environment.database(data))
    connections["default"] = connections.create_connection("default")
    try:
        with override_settings(DATA=data, STORE=data / "store", STORAGES=storages, LEASE_SECONDS=LEASE_SECONDS, FILE_UPLOAD_TEMP_DIR=data / "incoming"):
            yield
    finally:
        connections["default"].close()
        connections.databases["default"].clear()
        connections.databases["default"].update(databases)
        connections["default"] = before
