"""The speed lab on one model: every engine, number format and input size that this machine offers, beside onnxruntime and PyTorch, in one run.

    python -m benchmarks.tune [folder of label folders]      (default: AIMAKER_PHOTOS, then ../shared/data/clothing)

A model learns from half of the pictures (preset quick), and the other half, which it has not seen, says what each variant gets right. Then the three
that are compared, the fastest of those that lose at most a point, the model as it was trained, and PyTorch, are measured again in turn, in rounds; medians count.
The floor is the fastest one's network alone, asked again and again about pixels that are ready. Processor time on one thread is told beside: it is
about the same on a machine that has other things to do, where the times are not.
"""

import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from trainer import lab
from trainer.__main__ import DEFAULT_CACHE, rows_of
from trainer.bundle import read_bundle, read_network, write_bundle
from trainer.config import TrainConfig
from trainer.embed import Embedder, ensure_embedder
from trainer.engines import load
from trainer.export import export
from trainer.fit import fit
from trainer.manifest import Manifest, Row, split_rows
from trainer.pixels import decode
from trainer.predict import wanted
from trainer.variants import FP32, TORCH, Machine, Variant, offered, original, this_machine

ROUNDS, POINTS = 3, 1.0
MUST_ORIGINAL, MUST_TORCH = 1.5, 3.0


def main() -> None:
    photos = Path(sys.argv[1] if len(sys.argv) > 1 else os.environ.get("AIMAKER_PHOTOS", "../shared/data/clothing"))
    if not any(photos.glob("*/*")):
        sys.exit(f"No photos in {photos}: name a folder with a folder of photos for each label.")
    learned, asked = halves(rows_of(photos, seed=0))
    machine = this_machine()
    with tempfile.TemporaryDirectory(prefix="aimaker-bench-") as folder:
        room = Path(folder)
        bundle = trained(learned, room)
        found = table(bundle, machine, asked, learned.train, room)
        chosen = lab.fastest(found, POINTS)
        eager = Variant(TORCH, FP32, found[0].variant.input_size, found[0].variant.threads)
        lab.made(bundle, eager, [], room)
        compared = [chosen.variant, found[0].variant, eager]
        good = report(chosen, found[0], rounds(compared, asked, room), floor(chosen.variant, room / chosen.variant.packed, asked))
        print("processor time of one thread: " + ", ".join(f"{way.packed} {work(room / way.packed, way, asked):.2f} ms" for way in compared))
        if not good:
            sys.exit("too slow")


def halves(manifest: Manifest) -> tuple[Manifest, list[Row]]:
    """Every other picture of each label to learn from, and the rest."""
    some = [row for label in manifest.labels for row in [row for row in manifest.rows if row.label == label][::2]]
    chosen = {row.path for row in some}
    splits = split_rows([row.label for row in some], 0)
    rows = [Row(row.path, row.label, split, key=row.key) for row, split in zip(some, splits, strict=True)]
    return Manifest(manifest.labels, rows), [row for row in manifest.rows if row.path not in chosen]


def trained(manifest: Manifest, room: Path) -> Path:
    """The bundle of a model of preset quick."""
    embedder = Embedder(ensure_embedder(DEFAULT_CACHE))
    for row, vector in zip(manifest.rows, embedder.embed(decode(row.path) for row in manifest.rows), strict=True):
        row.vector = vector.astype(np.float16)
    result = fit(TrainConfig(), manifest, room / "work", lambda _report: None)
    made = export(result, DEFAULT_CACHE)
    return write_bundle(room / "bundle", model=made.model, labels=result.labels, input_size=made.input_size, preset="quick",
                        accuracy=result.evaluation["accuracy"], golden=made.golden, novelty=result.novelty)


def table(bundle: Path, machine: Machine, asked: list[Row], learned: list[Row], room: Path) -> list[lab.Found]:
    """What this machine offers, on as many threads as serving takes; PyTorch comes later, and is asked less: it is slow."""
    about = read_bundle(bundle)
    first = original(about, machine)
    ways = [first, *(way for way in offered(about, machine) if way != first and way.threads == first.threads and way.engine != TORCH)]
    print(f"{machine.name}, {machine.cores} cores; {len(asked)} unseen pictures, load {os.getloadavg()[0]:.1f}\n{lab.head()}", flush=True)
    found = []
    for row in lab.look(bundle, ways, asked, learned, room):
        print(lab.line(row), flush=True)
        found.append(row)
    return found


def rounds(compared: list[Variant], asked: list[Row], room: Path) -> dict[str, float]:
    """{variant: p50 in ms, the median of some rounds}."""
    times = {way.name: [] for way in compared}
    for _round in range(ROUNDS):
        for way in compared:
            times[way.name].append(lab.measured(way, room / way.packed, asked[::10]).p50_ms)
    return {name: statistics.median(values) for name, values in times.items()}


def floor(way: Variant, folder: Path, asked: list[Row]) -> float:
    """Milliseconds at the median of the network in its engine, on pixels that need not be resized."""
    about, files = read_network(folder)
    network = load(about.engine, about.precision, files, way.threads)
    picture, times = np.zeros((about.input_size, about.input_size, 3), np.uint8), []
    picture[:] = decode(asked[0].path)[:1, :1]
    outputs = wanted(about)
    for _time in range(200):
        started = time.perf_counter()
        network.run(picture, outputs)
        times.append(time.perf_counter() - started)
    return 1000 * statistics.median(times[20:])


def work(folder: Path, way: Variant, asked: list[Row]) -> float:
    """Milliseconds of processor time at the median for a decoded picture on one thread."""
    about, files = read_network(folder)
    network, outputs, times = load(way.engine, way.precision, files, 1), wanted(about), []
    pictures = [decode(row.path, way.input_size) for row in asked[:: max(1, len(asked) // 24)]]
    for picture in pictures[:8] + pictures * 3:
        started = time.process_time()
        network.run(picture, outputs)
        times.append(time.process_time() - started)
    return 1000 * statistics.median(times[8:])


def report(chosen: lab.Found, first: lab.Found, times: dict[str, float], least: float) -> bool:
    """Print what must be reached, and what was; whether it was."""
    fast, own = times.pop(chosen.variant.name), times[first.variant.name]
    eager = next(value for name, value in times.items() if name.startswith(TORCH))
    lost = 100 * (first.measured.accuracy - chosen.measured.accuracy)
    print(f"\nfastest with at most {POINTS:g} point lost: {chosen.variant.name}, {fast:.2f} ms; {lost:.1f} points lost, {chosen.changed} of "
          f"{len(chosen.measured.answers)} answers changed; floor {least:.2f} ms (its network alone)")
    print(f"onnxruntime fp32 {own:.2f} ms: {own / fast:.2f} x faster (must: {MUST_ORIGINAL})")
    print(f"PyTorch, eager, fp32 {eager:.2f} ms: {eager / fast:.2f} x faster (must: {MUST_TORCH})")
    return own / fast >= MUST_ORIGINAL and eager / fast >= MUST_TORCH


if __name__ == "__main__":
    main()
