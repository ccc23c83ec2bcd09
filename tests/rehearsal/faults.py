"""What goes wrong on several machines, done on purpose while people go on asking. The text of each is its line in the table."""

import json
import re
import shutil
import signal
import time
from collections.abc import Callable
from contextlib import contextmanager

import httpx
from websockets.sync.client import connect

from fixtures import samples
from tests.rehearsal.journey import PER_LABEL, Journey, packed
from tests.rehearsal.process import Process
from tests.rehearsal.site import Site
from tests.rehearsal.stream import AWAY, Stream
from tests.waiting import wait_for

LONG = {"preset": "accurate", "epochs": 4, "image_size": 64, "batch_size": 8}  # long enough to be killed in
GO_ON_SECONDS = 60
S3_AWAY_SECONDS = 20
DATABASE_AWAY_SECONDS = 5


class Faults:
    """Each fault begins and ends with everything well."""

    def __init__(self, site: Site, journey: Journey):
        self.site, self.journey, self.program = site, journey, journey.program

    def steps(self) -> list[Callable[[], str]]:
        front = [self.web_killed, self.rolling_restart, self.nginx_reloaded, self.live_killed]
        return front + [self.worker_killed, self.unpacking_killed, self.worker_told, self.database_killed, self.redis_killed, self.redis_forgets, self.s3_away, self.two_dispatchers]

    def web_killed(self) -> str:
        """A web process is killed while people ask"""
        web = self.site.of("web")[0]
        with Stream(self.journey) as stream:
            web.kill()
            time.sleep(3)
            web.start_and_wait()
        lost = stream.failed()
        assert all(one.what == "question" for one in lost) and len(lost) <= 1, lost
        return stream.said()

    def rolling_restart(self) -> str:
        """One web process after the other is replaced while people ask"""
        with Stream(self.journey) as stream:
            for web in self.site.of("web"):
                web.ask_to_end()
                web.start_and_wait()
        assert not stream.failed(), stream.failed()
        return stream.said()

    def nginx_reloaded(self) -> str:
        """nginx reads its configuration anew while people ask and a camera is on"""
        nginx = self.site.processes["nginx"]
        with Stream(self.journey) as stream, self.socket() as line:
            for number in range(3):
                nginx.tell(signal.SIGHUP)
                time.sleep(0.5)
                answered(line, number)
        assert not stream.failed(), stream.failed()
        return f"{stream.said()}; the camera went on"

    def live_killed(self) -> str:
        """The process of the live camera is killed; pages notice nothing, and the camera opens again"""
        live = self.site.of("live")[0]
        with Stream(self.journey) as stream:
            live.kill()
            live.start_and_wait()
            began = time.monotonic()
            with self.socket() as line:
                answered(line, 1)
            seconds = time.monotonic() - began
        assert not stream.failed(), stream.failed()
        return f"the next frame answered {seconds:.1f} s after its return; {stream.said()}"

    def worker_killed(self) -> str:
        """The machine that trains loses its power; another one goes on (a checkpoint is brought to S3 once a minute)"""
        run = self.begin_run()
        self.reached(run, 2)
        worker, before = self.worker_of(run), self.row(run)
        worker.kill()
        began = time.monotonic()
        self.program.wait(f"/runs/{run}", lambda row: row["worker"] != before["worker"] and row["epoch"] > before["epoch"], GO_ON_SECONDS)
        seconds = time.monotonic() - began
        worker.start_and_wait()
        ended = self.program.ended(f"/runs/{run}")
        epochs = [epoch["epoch"] for epoch in self.program.api(f"/runs/{run}/epochs")["items"]]
        assert epochs == list(range(1, ended["epoch"] + 1)) and ended["model_id"], epochs
        return f"epoch {before['epoch'] + 1} by the other one after {seconds:.1f} s; it began at epoch {self.begun_at(run)}; one model"

    def begun_at(self, run: str) -> int:
        """The epoch that the latest attempt began with, as the log tells it."""
        return int(re.findall(r"from epoch (\d+)", self.journey.alice.open(f"/runs/{run}/log.txt").text)[-1])

    def unpacking_killed(self) -> str:
        """The machine that unpacks a ZIP loses its power; each picture is there once"""
        before = self.images()
        sent = self.journey.alice.send(self.journey.path("upload"), files={"files": ("more.zip", packed(5), "application/zip")}, headers={"Accept": "application/json"}, status=202)
        upload = sent.json()["id"]
        wait_for(lambda: self.program.api(f"/uploads/{upload}")["status"] == "running", 30)
        workers = self.site.of("worker-io")
        for worker in workers:
            worker.kill()
        for worker in workers:
            worker.start_and_wait()
        row, count = self.program.ended(f"/uploads/{upload}"), PER_LABEL * len(samples.LABELS)
        assert row["accepted"] + row["duplicates"] == count and self.images() == before + count, (row, before, self.images())
        return f"{count} pictures, each once"

    def worker_told(self) -> str:
        """The machine that trains is told to end: its work is handed over at once, with its checkpoint"""
        run = self.begin_run()
        self.reached(run, 2)
        worker, before, began = self.worker_of(run), self.row(run), time.monotonic()
        worker.tell(signal.SIGTERM)
        self.program.wait(f"/runs/{run}", lambda row: row["worker"] != before["worker"] and row["status"] == "running", GO_ON_SECONDS)
        seconds = time.monotonic() - began
        worker.popen.wait(worker.grace)
        worker.start_and_wait()
        self.program.ended(f"/runs/{run}")
        assert self.begun_at(run) > before["epoch"] - 1, f"begun again at epoch {self.begun_at(run)}, though {before['epoch']} were done"
        return f"another one had it after {seconds:.1f} s, and began at epoch {self.begun_at(run)}"

    def database_killed(self) -> str:
        """The database is killed for some seconds, in a training and while people ask"""
        run, mysql = self.begin_run(), self.site.processes["mysql"]
        self.reached(run, 1)
        with Stream(self.journey) as stream:
            mysql.kill()
            time.sleep(DATABASE_AWAY_SECONDS)
            mysql.start_and_wait()
            seconds = self.until_all_is_well()
        assert not stream.failed(AWAY), stream.failed(AWAY)
        self.program.ended(f"/runs/{run}")
        return f"all well {seconds:.1f} s after its return; {stream.said()}; the training went on"

    def redis_killed(self) -> str:
        """Redis is killed: pages go on, and what was asked for meanwhile is done after its return"""
        redis = self.site.processes["redis"]
        with Stream(self.journey) as stream:
            redis.kill()
            run = self.begin_run(preset="quick")
            time.sleep(3)
            redis.start_and_wait()
            began = time.monotonic()
            self.program.wait(f"/runs/{run}", lambda row: row["status"] != "queued", GO_ON_SECONDS)
            seconds = time.monotonic() - began
        assert not stream.failed(), stream.failed()
        self.program.ended(f"/runs/{run}")
        return f"the training that waited began after {seconds:.1f} s; {stream.said()}"

    def redis_forgets(self) -> str:
        """Redis comes back empty in a training"""
        redis, run = self.site.processes["redis"], self.begin_run()
        self.reached(run, 1)
        redis.kill()
        shutil.rmtree(redis.log.parent / "appendonlydir")
        redis.start_and_wait()
        self.program.ended(f"/runs/{run}")
        again, began = self.begin_run(preset="quick"), time.monotonic()
        self.program.wait(f"/runs/{again}", lambda row: row["status"] != "queued", GO_ON_SECONDS)
        seconds = time.monotonic() - began
        self.program.ended(f"/runs/{again}")
        return f"the training went on; the next one began after {seconds:.1f} s"

    def s3_away(self) -> str:
        """S3 hangs for 20 seconds while people ask; nobody waits for it for ever, and what is told as taken is there afterwards"""
        s3, before = self.site.processes["s3"], self.images()
        with Stream(self.journey) as stream:
            s3.signal(signal.SIGSTOP)
            began = time.monotonic()
            try:
                refused, told = self.told_of_upload(777)
                time.sleep(max(0.0, S3_AWAY_SECONDS - (time.monotonic() - began)))
            finally:
                s3.signal(signal.SIGCONT)
            seconds = self.until_all_is_well()
        assert not stream.failed(AWAY), stream.failed(AWAY)
        assert refused == AWAY and told <= S3_AWAY_SECONDS, f"an upload was answered with {refused or 'nothing'} after {told:.1f} s"
        assert self.program.ended(f"/uploads/{self.upload(777)}")["accepted"] == 1 and self.images() == before + 1, (before, self.images())
        return f"an upload was told {refused} after {told:.1f} s; all well {seconds:.1f} s after; {stream.said()}"

    def told_of_upload(self, number: int) -> tuple[int, float]:
        """What an upload is told, and after how many seconds; 0 when it was told nothing."""
        began = time.monotonic()
        try:
            return self.program.http.post(f"/api/v1/projects/{self.journey.project}/uploads", **picture(number)).status_code, time.monotonic() - began
        except httpx.TransportError:
            return 0, time.monotonic() - began

    def two_dispatchers(self) -> str:
        """A second dispatcher runs as well; everything is done once"""
        part, before = self.site.plan.part("dispatcher"), self.images()
        other = Process("dispatcher-2", part.command, part.environment, part.folder / "second.log", lambda process: process.runs(), part.grace).start()
        self.site.processes["dispatcher-2"], self.site.parts["dispatcher-2"] = other, part
        uploads = [self.upload(800 + number) for number in range(6)]
        rows = [self.program.ended(f"/uploads/{upload}") for upload in uploads]
        assert all(row["accepted"] == 1 and not row["duplicates"] for row in rows) and self.images() == before + len(rows), rows
        other.ask_to_end()
        return f"{len(rows)} uploads, {len(rows)} pictures"

    def upload(self, number: int) -> str:
        return self.program.send(f"/api/v1/projects/{self.journey.project}/uploads", status=202, **picture(number)).json()["id"]

    def begin_run(self, **settings) -> str:
        return self.program.api(f"/projects/{self.journey.project}/runs", settings or LONG, 202)["id"]

    def row(self, run: str) -> dict:
        return self.program.api(f"/runs/{run}")

    def reached(self, run: str, epoch: int) -> None:
        self.program.wait(f"/runs/{run}", lambda row: row["epoch"] >= epoch or row["status"] not in ("queued", "running"), 120)
        assert self.row(run)["status"] == "running", self.row(run)

    def worker_of(self, run: str) -> Process:
        """The worker that a run's row names: by the number of its process."""
        number = int(self.row(run)["worker"].rpartition(":")[2])
        return next(process for process in self.site.of("worker-train") if process.popen.pid == number)

    def images(self) -> int:
        return self.program.api(f"/projects/{self.journey.project}")["images"]

    def until_all_is_well(self) -> float:
        """Seconds until /readyz says that everything is there."""
        began = time.monotonic()
        wait_for(lambda: self.journey.alice.http.get("/readyz").status_code == 200, 60, lambda: self.journey.alice.http.get("/readyz").text)
        return time.monotonic() - began

    @contextmanager
    def socket(self):
        """The live camera of the person, open for a block."""
        alice = self.journey.alice
        cookies = "; ".join(f"{name}={value}" for name, value in alice.http.cookies.items())
        address = f"{alice.address.replace('https', 'wss')}/ws/projects/{self.journey.project}/live"
        with connect(address, ssl=alice.trust, origin=alice.address, additional_headers={"Cookie": cookies}, compression=None) as line:
            yield line


def answered(line, number: int) -> dict:
    """Send a frame; what comes back."""
    line.send(samples.jpeg(samples.LABELS[number % len(samples.LABELS)], samples.HELD_OUT + number))
    return json.loads(line.recv(timeout=30))


def picture(number: int) -> dict:
    """A form with one drawn picture and its label."""
    kind = samples.LABELS[number % len(samples.LABELS)]
    return {"data": {"label": kind}, "files": {"file": (f"{number}.jpg", samples.jpeg(kind, number), "image/jpeg")}}
