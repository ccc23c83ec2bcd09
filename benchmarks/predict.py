"""An answer over HTTP beside its floor (decode and onnxruntime alone) and the same model behind LitServe, in one run.

    python -m benchmarks.predict [folder of label folders]

How long one answer takes, asked one after another, and how many a second 8 clients get. The clients cost next to nothing themselves: they send a
request in one piece and read no more of an answer than they need. Everything is measured in rounds, ours, the floor and the peer in turn; medians count.
"""

import json
import os
import selectors
import socket
import statistics
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path

from benchmarks.train import SETTLE, Api, answer_on, form, photos_named, running
from tests.machine import Machine, free_ports
from tests.source import ROOT
from trainer.predict import Predictor

QUESTIONS, ROUNDS = 60, 3
CLIENTS, SECONDS = 8, 5.0
MUST_MS, MUST_RATE = 1.25, 0.8


class Server:
    """Where pictures are asked about: the bytes of a request for each."""

    def __init__(self, port: int, head: list[str], field: str = ""):
        self.port, self.head, self.field = port, head, field

    def request(self, picture: bytes) -> bytes:
        body, kind = (multipart(picture, self.field), "multipart/form-data; boundary=edge") if self.field else (picture, "image/jpeg")
        return "\r\n".join([*self.head, f"Content-Type: {kind}", f"Content-Length: {len(body)}", "", ""]).encode() + body

    def connect(self) -> socket.socket:
        line = socket.create_connection(("127.0.0.1", self.port), timeout=30)
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return line


def multipart(picture: bytes, field: str) -> bytes:
    head = f'--edge\r\nContent-Disposition: form-data; name="{field}"; filename="a.jpg"\r\nContent-Type: image/jpeg\r\n\r\n'
    return head.encode() + picture + b"\r\n--edge--\r\n"


def main() -> None:
    photos = photos_named()
    with running(API_RATE="0") as machine:
        ours, bundle = trained(machine, photos)
        with litserve(bundle) as peer:
            figures = measure(ours, peer, bundle, [photo.read_bytes() for photo in photos[:: max(1, len(photos) // QUESTIONS)]])
    if not report(figures):
        sys.exit("too slow")


def trained(machine: Machine, photos: list[Path]) -> tuple[Server, Path]:
    """Our server with a model that learned from the photos, and the folder of the model."""
    api = Api(machine)
    project = api.ask("POST", "/projects", {"name": "Bench", "labels": []})["id"]
    upload = api.ask("POST", f"/projects/{project}/uploads", *form(photos))
    api.wait(f"/uploads/{upload['id']}", lambda row: row["status"] in ("done", "failed"), 300)
    run = api.ask("POST", f"/projects/{project}/runs", {"preset": "quick"})
    run, _when = api.wait(f"/runs/{run['id']}", lambda row: row["status"] not in ("queued", "running"))
    time.sleep(SETTLE)
    head = [f"POST /api/v1/projects/{project}/predict HTTP/1.1", "Host: 127.0.0.1", f"Authorization: Bearer {api.token}"]
    return Server(machine.port, head), machine.data / "store" / "projects" / project / "models" / run["model_id"]


@contextmanager
def litserve(bundle: Path):
    """LitServe with the model, as long as it is needed."""
    port = free_ports()[0]
    server = subprocess.Popen([sys.executable, "-m", "benchmarks.peers.litserve_server", str(bundle), str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _try in range(200):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=2)
                break
            except (urllib.error.URLError, OSError):
                time.sleep(0.2)
        yield Server(port, ["POST /predict HTTP/1.1", "Host: 127.0.0.1"], "image")
    finally:
        server.terminate()
        server.wait()


def measure(ours: Server, peer: Server, bundle: Path, pictures: list[bytes]) -> dict[str, tuple[float, float]]:
    """{who: (milliseconds for an answer at the median, answers a second)}."""
    predictor = Predictor(bundle)
    asked = {"AI Maker": asking(ours), "LitServe": asking(peer), "floor": lambda picture: predictor.predict(picture, 5)}
    times = {name: [] for name in asked}
    for _round in range(ROUNDS):
        for picture in pictures:
            for name, ask in asked.items():
                times[name].append(timed(ask, picture))
    rates = {name: [] for name in asked}
    for _round in range(ROUNDS):
        rates["AI Maker"].append(rate(ours, pictures))
        rates["LitServe"].append(rate(peer, pictures))
        rates["floor"].append(max(floor_rate(bundle, pictures, processes, threads) for processes, threads in ((1, 2), (2, 1))))
    return {name: (statistics.median(times[name][len(pictures) :]), statistics.median(rates[name])) for name in asked}


def asking(server: Server):
    """A function that asks over one connection that stays open, after some questions that warm the server up."""
    line = server.connect()

    def ask(picture: bytes) -> dict:
        line.sendall(server.request(picture))
        return answer_on(line)

    return ask


def timed(ask, picture: bytes) -> float:
    began = time.perf_counter()
    ask(picture)
    return 1000 * (time.perf_counter() - began)


def rate(server: Server, pictures: list[bytes]) -> float:
    """Answers a second for CLIENTS that ask without a pause, from a process of their own."""
    with get_context("spawn").Pool(1) as pool:
        return pool.apply(hammer, (server, pictures, SECONDS))


def hammer(server: Server, pictures: list[bytes], seconds: float) -> float:
    requests = [server.request(picture) for picture in pictures]
    lines = selectors.DefaultSelector()
    for number in range(CLIENTS):
        line = server.connect()
        line.sendall(requests[number % len(requests)])
        lines.register(line, selectors.EVENT_READ)
    answers, began = 0, time.perf_counter()
    while time.perf_counter() - began < seconds:
        for key, _events in lines.select(1):
            read_whole(key.fileobj)
            answers += 1
            key.fileobj.sendall(requests[answers % len(requests)])
    return answers / (time.perf_counter() - began)


def read_whole(line: socket.socket) -> None:
    """Read one answer; ends the benchmark when it is none."""
    got = line.recv(65536)
    while b"\r\n\r\n" not in got:
        got += line.recv(65536)
    head, _end, body = got.partition(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200"):
        raise SystemExit(head.decode())
    missing = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0]) - len(body)
    while missing > 0:
        missing -= len(line.recv(65536))


def floor_rate(bundle: Path, pictures: list[bytes], processes: int, threads: int) -> float:
    """Answers a second of decode and onnxruntime alone, in so many processes with so many threads for each picture."""
    with get_context("spawn").Pool(processes) as pool:
        return sum(pool.starmap(alone, [(str(bundle), pictures, threads, SECONDS)] * processes, chunksize=1))


def alone(bundle: str, pictures: list[bytes], threads: int, seconds: float) -> float:
    predictor = Predictor(bundle, threads)
    predictor.predict(pictures[0], 5)
    answers, began = 0, time.perf_counter()
    while time.perf_counter() - began < seconds:
        predictor.predict(pictures[answers % len(pictures)], 5)
        answers += 1
    return answers / (time.perf_counter() - began)


def report(figures: dict[str, tuple[float, float]]) -> bool:
    """Print the table; true when what must be reached is."""
    floor_ms, floor_rate = figures["floor"]
    print(f"| | one answer, p50 | of the floor | {CLIENTS} clients, answers/s | of the floor |")
    print("|---|---|---|---|---|")
    for name, (ms, answers) in figures.items():
        print(f"| {name} | {ms:.2f} ms | {ms / floor_ms:.2f} | {answers:.0f} | {answers / floor_rate:.2f} |")
    print(f"must: at most {MUST_MS}, at least {MUST_RATE}")
    print(json.dumps(figures))
    ms, answers = figures["AI Maker"]
    return ms <= MUST_MS * floor_ms and answers >= MUST_RATE * floor_rate


if __name__ == "__main__":
    os.chdir(ROOT)
    main()
