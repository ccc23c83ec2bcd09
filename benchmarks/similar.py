"""Finding similar pictures: 10,000 questions to 90,000 vectors beside scikit-learn, and one question to a project of 100,000 over HTTP, with the making of its index.

    python -m benchmarks.similar [folder of label folders]

Two collections of vectors: synthetic clusters, and photos with copies of them that are cut, mirrored, turned and coloured otherwise, whose vectors are mixed with one
another until there are enough. Ours, exact and quick, scikit-learn and the floors take turns on the same questions; sums count, and the ratio is of the medians of the turns.
"""

import io
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image, ImageEnhance, ImageOps

from benchmarks.train import Api, photos_named, running
from tests.machine import Machine
from tests.source import ROOT
from trainer.embed import DIMENSIONS, Embedder, ensure_embedder
from trainer.nearest import Nearest, ranked
from trainer.pixels import decode
from trainer.products import nearest_of_all
from trainer.recall import Truth, widened
from trainer.standalone.novelty import directions

VECTORS, QUESTIONS, TURNS, NEAREST = 90_000, 10_000, 5, 3
THREADS, BATCH = 2, 5000
PHOTOS, COPIES = 600, 9
PICTURES, ASKED = 100_000, 100
MUST = {"quick": 1 / 20, "exact": 1 / 2, "recall": 0.99, "p50": 60.0, "seconds": 60.0, "megabytes": 400.0}

Collection = tuple[np.ndarray, np.ndarray]  # unit vectors [VECTORS, D] and questions [QUESTIONS, D]


def main() -> None:
    photos = photos_named()
    good = [compared("synthetic clusters", synthetic(VECTORS, QUESTIONS)), compared("photos and their copies", copied(photos)), over_http(photos)]
    if not all(good):
        sys.exit("too slow, too large or too little found")


def synthetic(count: int, questions: int) -> Collection:
    """Vectors that lie between and around a hundred centres."""
    random, centres = np.random.default_rng(0), np.abs(np.random.default_rng(99).normal(size=(100, DIMENSIONS))).astype(np.float32)

    def some(number: int) -> np.ndarray:
        mixed = random.dirichlet(np.full(100, 0.1), number).astype(np.float32) @ centres
        return directions(np.abs(mixed + 0.02 * random.normal(size=(number, DIMENSIONS)).astype(np.float32)))

    found = np.empty((count + questions, DIMENSIONS), np.float32)
    for start in range(0, len(found), BATCH):
        found[start : start + BATCH] = some(len(found[start : start + BATCH]))
    return found[:count], found[count:]


def copied(photos: list[Path]) -> Collection:
    """The vectors of photos and of copies of them, mixed to VECTORS; questions are copies that are not among them, at another brightness of the network."""
    random = np.random.default_rng(0)
    with tempfile.TemporaryDirectory(prefix="aimaker-bench-") as cache:
        embedder = Embedder(ensure_embedder(cache))
    each = np.stack([embedder.embed(versions(path, random)) for path in photos[:PHOTOS]])
    kept, held = each[:, :-1], each[:, -1]
    many, versions_of = kept.shape[:2]
    base, found = kept.reshape(-1, DIMENSIONS), np.empty((VECTORS, DIMENSIONS), np.float32)
    for start in range(0, VECTORS, BATCH):
        one = random.integers(0, len(base), min(BATCH, VECTORS - start))
        same = one // versions_of * versions_of + random.integers(0, versions_of, len(one))
        other = np.where(random.random(len(one)) < 0.5, same, random.integers(0, len(base), len(one)))
        share = random.uniform(0.5, 1, (len(one), 1)).astype(np.float32)
        found[start : start + BATCH] = directions((share * base[one] + (1 - share) * base[other]) * random.uniform(0.9, 1.1, (len(one), DIMENSIONS)))
    asked = held[random.integers(0, many, QUESTIONS)] * random.uniform(0.95, 1.05, (QUESTIONS, DIMENSIONS))
    return found, directions(asked)


def versions(path: Path, random: np.random.Generator) -> list[np.ndarray]:
    """A photo and copies of it."""
    photo = Image.open(path).convert("RGB")
    photo.thumbnail((256, 256))
    return [np.asarray(photo), *(np.asarray(varied(photo, random)) for _copy in range(COPIES))]


def varied(photo: Image.Image, random: np.random.Generator) -> Image.Image:
    share = random.uniform(0.6, 1)
    left, top = random.uniform(0, photo.width * (1 - share)), random.uniform(0, photo.height * (1 - share))
    cut = photo.crop((int(left), int(top), int(left + photo.width * share), int(top + photo.height * share)))
    turned = (ImageOps.mirror(cut) if random.random() < 0.5 else cut).rotate(random.uniform(-10, 10))
    return ImageEnhance.Color(ImageEnhance.Brightness(turned).enhance(random.uniform(0.7, 1.3))).enhance(random.uniform(0.5, 1.5))


def compared(name: str, collection: Collection) -> bool:
    """Print how long each way takes; true when ours keep their promises."""
    # The peer is a tool of tests, and is loaded when it is measured.
    from sklearn.neighbors import NearestNeighbors

    units, questions = collection
    began = time.perf_counter()
    index, expected = made(units)
    built = time.perf_counter() - began
    peer = NearestNeighbors(n_neighbors=NEAREST, algorithm="brute").fit(units)
    ways: dict[str, Callable[[np.ndarray], np.ndarray]] = {
        "scikit-learn, brute force": lambda some: peer.kneighbors(some, return_distance=False),
        "quick": lambda some: ranked(some, index.search_many(squares(some), index.wide, THREADS), units, NEAREST, THREADS),
        "its floor: codes compared, no exact distance": lambda some: index.search_many(squares(some), index.wide, THREADS),
        "exact": lambda some: nearest_of_all(some, units, NEAREST, THREADS)[1],
        "its floor: products alone, by numpy": lambda some: product_alone(some, units),
    }
    times, found = in_turns(ways, questions)
    recall = shared(found["quick"], found["exact"])
    shares = {way: statistics.median(times[way]) / statistics.median(times["scikit-learn, brute force"]) for way in ways}
    print(f"{QUESTIONS:,} questions to {len(units):,} vectors of {DIMENSIONS}, {name} (index made in {built:.1f} s, {index.size_bytes / 1e6:.0f} MB)")
    print(f"  {index.wide} candidates, by which the index expects a recall@{NEAREST} of {expected:.4f}")
    for way in ways:
        extra = f"  recall@{NEAREST} {recall:.4f}" if way == "quick" else ""
        print(f"  {way:46} {sum(times[way]):7.2f} s  1/{1 / shares[way]:<6.1f}{extra}", flush=True)
    return shares["quick"] <= MUST["quick"] and shares["exact"] <= MUST["exact"] and recall >= MUST["recall"]


def made(units: np.ndarray) -> tuple[Nearest, float]:
    """The index of a collection, as a worker makes it, and the recall that it measures on vectors of its own."""
    index, truth = Nearest(len(units)), None
    for start in range(0, len(units), BATCH):
        some = squares(units[start : start + BATCH])
        truth = truth or Truth(some)
        index.add(some)
        truth.see(some)
    return index, widened(index, truth)


def squares(units: np.ndarray) -> np.ndarray:
    """Vectors whose directions these are."""
    return np.sign(units) * units**2


def in_turns(ways: dict[str, Callable[[np.ndarray], np.ndarray]], questions: np.ndarray) -> tuple[dict[str, list[float]], dict[str, np.ndarray]]:
    """Seconds of each turn of each way, and what it found."""
    times: dict[str, list[float]] = {way: [] for way in ways}
    found: dict[str, list[np.ndarray]] = {way: [] for way in ways}
    for way in ways.values():
        way(questions[:64])
    for some in np.array_split(questions, TURNS):
        for name, way in ways.items():
            began = time.perf_counter()
            found[name].append(way(some))
            times[name].append(time.perf_counter() - began)
    return times, {name: np.concatenate(parts) for name, parts in found.items()}


def product_alone(questions: np.ndarray, units: np.ndarray) -> np.ndarray:
    for start in range(0, len(questions), 500):
        questions[start : start + 500] @ units.T
    return np.zeros((len(questions), 0), int)


def shared(found: np.ndarray, true: np.ndarray) -> float:
    return float(np.mean([len(set(some) & set(known)) / NEAREST for some, known in zip(found, true, strict=True)]))


def over_http(photos: list[Path]) -> bool:
    """A project of many pictures on a real machine: its index made by the worker, and photos asked about one after another."""
    with running(API_RATE="0") as machine:
        api = Api(machine)
        project = api.ask("POST", "/projects", {"name": "Bench", "labels": ["one", "two"]})["id"]
        reset_peaks(machine)
        command = [sys.executable, "-m", "benchmarks.loops.similar_project", project, str(PICTURES)]
        made = subprocess.run(command, cwd=ROOT, env=machine.environment, capture_output=True, text=True)
        if made.returncode:
            sys.exit(made.stderr)
        seconds, size, recall = map(float, made.stdout.split()[-3:])
        peak = max(peaks(machine, "worker").values()) / 1e6
        times, floor = asked_over_http(api, project, [path.read_bytes() for path in photos[:: max(1, len(photos) // ASKED)]])
        web = max(peaks(machine, "gunicorn", "VmRSS").values(), default=0) / 1e6
    print(f"a project of {PICTURES:,} pictures")
    print(f"  index made by the worker in {seconds:.1f} s, {size / 1e6:.0f} MB, measured recall {recall:.4f}; the worker had {peak:.0f} MB at most, a web process has {web:.0f} MB now")
    print(f"  a photo asked about over HTTP, p50 {statistics.median(times):.1f} ms, p95 {np.quantile(times, 0.95):.1f}; floor (decode and vector alone) {statistics.median(floor):.1f} ms")
    return statistics.median(times) <= MUST["p50"] and seconds <= MUST["seconds"] and max(size / 1e6, peak) <= MUST["megabytes"]


def asked_over_http(api: Api, project: str, pictures: list[bytes]) -> tuple[list[float], list[float]]:
    """Milliseconds of each answer, and of decoding and looking alone, in turns."""
    with tempfile.TemporaryDirectory(prefix="aimaker-bench-") as cache:
        embedder = Embedder(ensure_embedder(cache))
    for picture in pictures[:5]:
        first(api, project, picture)
    times, floor = [], []
    for picture in pictures:
        began = time.perf_counter()
        api.post_at_once(f"/projects/{project}/similar", picture, "image/jpeg")
        between = time.perf_counter()
        embedder.embed([decode(picture)])
        times.append(1000 * (between - began))
        floor.append(1000 * (time.perf_counter() - between))
    return times, floor


def first(api: Api, project: str, picture: bytes) -> None:
    """Ask until the server has what it needs; it says 503 while its network is being made."""
    for _try in range(60):
        api.connection.close()  # it was idle for long
        api.connection.request("POST", f"/api/v1/projects/{project}/similar", picture, {"Authorization": f"Bearer {api.token}", "Content-Type": "image/jpeg"})
        answer = api.connection.getresponse()
        answer.read()
        if answer.status != 503:
            return
        time.sleep(1)


def reset_peaks(machine: Machine) -> None:
    for pid in machine.processes("worker"):
        Path(f"/proc/{pid}/clear_refs").write_text("5")


def peaks(machine: Machine, word: str, line_of: str = "VmHWM") -> dict[int, int]:
    """The most memory, in bytes, that processes of a machine have had; with VmRSS what they have now."""
    found = {}
    for pid in machine.processes(word):
        status = Path(f"/proc/{pid}/status").read_text()
        found[pid] = 1024 * int(next(line for line in io.StringIO(status) if line.startswith(line_of)).split()[1])
    return found


if __name__ == "__main__":
    main()
