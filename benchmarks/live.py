"""The live camera under load: 20 sockets of 5 frames a second, 200 that want 10, and 200 that are only open.

    python -m benchmarks.live [folder of label folders]

A real machine with a model that learned from the photos; the frames are those photos as a browser sends them. The clients run in a process of their own, on the same cores.
"""

import asyncio
import io
import json
import os
import statistics
import subprocess
import sys
import time
from multiprocessing import get_context
from pathlib import Path

from PIL import Image
from websockets.asyncio.client import connect

from benchmarks.predict import trained
from benchmarks.train import photos_named, running
from tests.machine import Machine
from tests.source import ROOT
from trainer.pixels import squashed
from trainer.predict import Predictor

SECONDS, EACH = 10.0, 4  # sockets of one person
STEADY, FLOOD, IDLE = (20, 5.0), (200, 10.0), 200
MUST_P95, MUST_IDLE_MB, MUST_FLOOD_MB = 500, 300, 500


def main() -> None:
    photos = photos_named()
    with running(API_RATE="0") as machine:
        _server, bundle = trained(machine, photos)
        good = measure(machine, bundle, [frame(photo, Predictor(bundle).bundle.input_size) for photo in photos[::20]])
    if not good:
        sys.exit("too slow, or too large")


def measure(machine: Machine, bundle: Path, frames: list[bytes]) -> bool:
    """Print the table; true when all is as it must be."""
    url, tokens = places(machine)
    pid = next(pid for pid in machine.processes("uvicorn") if "uvicorn" in Path(f"/proc/{pid}/cmdline").read_text())
    with get_context("spawn").Pool(1) as pool:
        steady = pool.apply(run, (url, tokens, *STEADY, frames, SECONDS))  # first, so that the model is loaded when memory is read
        idle = pool.apply_async(run, (url, tokens, IDLE, 0, frames, SECONDS))
        time.sleep(SECONDS * 0.8)
        idle_mb = megabytes(pid)
        opened = len(idle.get())
        flood = pool.apply(run, (url, tokens, *FLOOD, frames, SECONDS))
    flood_mb = megabytes(pid)
    print(f"load of this machine, last minute: {os.getloadavg()[0]:.1f}")
    print(f"{'one frame, decode and onnxruntime alone, one core':52} {floor(bundle, frames):8.1f} ms")
    good = tell("20 sockets, 5 frames/s each", steady)["p95"] <= MUST_P95
    crowd = tell("200 sockets, 10 frames/s each", flood)
    print(f"{'   every one of them is answered or told so':52} {'yes' if crowd['told'] else 'no':>8}")
    print(f"{'memory with 200 open sockets':52} {idle_mb:8.0f} MB ({opened} opened)\n{'   after the 200 with 10 frames/s':52} {flood_mb:8.0f} MB")
    print(f"must: p95 {MUST_P95} ms with 20, {MUST_IDLE_MB} MB with 200 open, {MUST_FLOOD_MB} MB after the flood")
    return good and crowd["told"] and opened == IDLE and idle_mb < MUST_IDLE_MB and flood_mb < MUST_FLOOD_MB


def tell(name: str, sockets: list[dict]) -> dict:
    """One line of the table."""
    took = sorted(ms for row in sockets for ms in row["took"])
    p50, p95 = (took[int(share * (len(took) - 1))] for share in (0.5, 0.95))
    dropped = sum(row["dropped"] for row in sockets)
    rate = len(took) / SECONDS
    print(f"{name:52} {p50:8.1f} ms p50 {p95:8.1f} ms p95 {rate:7.1f} answers/s {dropped:6d} dropped")
    return {"p95": p95, "told": all(len(row["took"]) + row["dropped"] >= SECONDS for row in sockets)}


def frame(photo: Path, side: int) -> bytes:
    """A photo as a browser sends it: the middle, as large as the model looks at it."""
    out = io.BytesIO()
    with Image.open(photo) as picture:
        Image.fromarray(squashed(picture.convert("RGB"), side)).save(out, "JPEG", quality=90)
    return out.getvalue()


def floor(bundle: Path, frames: list[bytes]) -> float:
    predictor = Predictor(bundle, threads=1)
    answers = [predictor.predict(data, 5) for data in frames * 3]
    return statistics.median(answer.decode_ms + answer.infer_ms for answer in answers)


def megabytes(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) / 1000


def places(machine: Machine) -> tuple[str, list[str]]:
    """The address of the socket, and tokens of enough people."""
    program = "from benchmarks.live import people; people()"
    environment = machine.environment | {"DJANGO_SETTINGS_MODULE": "webapp.settings"}
    made = subprocess.run([sys.executable, "-c", program], cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    facts = json.loads(made.stdout.splitlines()[-1])
    return f"ws://127.0.0.1:{machine.live_port}/ws/projects/{facts['project']}/live", facts["tokens"]


def people() -> None:
    """In a process of its own: let people work on the project, and print their tokens."""
    import django  # settings read the data folder of this process

    django.setup()
    from webapp.accounts.models import User
    from webapp.accounts.services import create_token
    from webapp.projects.models import Member, Project

    project = Project.objects.get()
    users = [User.objects.create(email=f"{number}@example.org", is_guest=False) for number in range(IDLE // EACH)]
    Member.objects.bulk_create(Member(project=project, user=user) for user in users)
    print(json.dumps({"project": str(project.id), "tokens": [create_token(user=user, name="bench")[1] for user in users]}))


def run(url: str, tokens: list[str], count: int, rate: float, frames: list[bytes], seconds: float) -> list[dict]:
    """What each of `count` sockets was answered within some seconds, sending `rate` frames a second (none: it is only open)."""
    return asyncio.run(all_of_them(url, tokens, count, rate, frames, seconds))


async def all_of_them(url: str, tokens: list[str], count: int, rate: float, frames: list[bytes], seconds: float) -> list[dict]:
    addresses = [f"{url}?token={tokens[number // EACH]}" for number in range(count)]
    sockets = [await connect(address, compression=None, open_timeout=30) for address in addresses]
    starts = [number / count / rate if rate else 0 for number in range(count)]
    try:
        return await asyncio.gather(*(one(socket, rate, frames, seconds, start) for socket, start in zip(sockets, starts, strict=True)))
    finally:
        await asyncio.gather(*(socket.close() for socket in sockets))


async def one(socket, rate: float, frames: list[bytes], seconds: float, start: float) -> dict:
    sent: dict[int, float] = {}
    told = {"took": [], "dropped": 0}
    reading = asyncio.create_task(read(socket, sent, told))
    await asyncio.sleep(start)
    for number in range(1, int(seconds * rate) + 1):
        sent[number] = time.perf_counter()
        await socket.send(frames[number % len(frames)])
        await asyncio.sleep(max(0, sent[1] + number / rate - time.perf_counter()))
    await asyncio.sleep(0.5 if rate else seconds)
    reading.cancel()
    return told


async def read(socket, sent: dict[int, float], told: dict) -> None:
    async for message in socket:
        answer = json.loads(message)
        if answer.get("dropped"):
            told["dropped"] += 1
        else:
            told["took"].append(1000 * (time.perf_counter() - sent[answer["seq"]]))


if __name__ == "__main__":
    main()
