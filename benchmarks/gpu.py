"""How fast a GPU trains, beside the loop that everybody starts with, on the same GPU, and beside the floors: the steps alone, and reading the pictures alone.

    python -m benchmarks.gpu [folder of label folders] [network ...]      (default: AIMAKER_PHOTOS, then ../shared/data/clothing; every network that is offered)

First the presets on the pictures as they are, with the accuracy on pictures that nobody has seen; then each network on COPIES of them, for the speed alone. A network
whose weights cannot be fetched gets random ones, which are as fast. Every loop has a process of its own, as in `benchmarks.recipes`.
"""

import os
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from unittest.mock import patch

import timm
import torch
from safetensors.torch import save_file

from benchmarks.recipes import STOCK_EPOCHS, Draw, draw, told, with_vectors
from trainer import catalogue
from trainer.__main__ import DEFAULT_CACHE, rows_of
from trainer.backbones import WEIGHTS, BackboneError, build
from trainer.config import DEFAULT_BACKBONE, ENVIRONMENT
from trainer.hardware import mixed_precision, name_of
from trainer.manifest import Manifest, Row
from trainer.networks import normaliser, train_mode, trainable
from trainer.pixels import decode

COPIES = 6
EPOCHS = 3  # for the speed of a network; the first one warms up
STEPS, WARM_UP = 30, 8
CUDA = torch.device("cuda")
OURS = ENVIRONMENT | {"OPENBLAS_NUM_THREADS": "1"}  # as a worker starts its children


def main() -> None:
    if not torch.cuda.is_available():
        sys.exit("PyTorch finds no GPU here.")
    photos = Path(sys.argv[1] if len(sys.argv) > 1 else os.environ.get("AIMAKER_PHOTOS", "../shared/data/clothing"))
    names = sys.argv[2:] or [backbone.name for backbone in catalogue.BACKBONES]
    one = draw(with_vectors(rows_of(photos, seed=0)), 0)
    print(f"{name_of(CUDA)}, {len(os.sched_getaffinity(0))} cores, torch {torch.__version__}", flush=True)
    presets(one)
    many = copied(one)
    print(f"\nreading {len(many.manifest.rows)} pictures of 224 px alone: {reading(many.manifest):.0f}/s\n", flush=True)
    print("| network | batch | ours, pictures/s | steps alone | stock loop | stock, as ours: batch, bf16, channels_last | GPU memory, MB: ours, stock as ours |\n|---|---|---|---|---|---|---|")
    for name in names:
        print(speed(many, name), flush=True)


def presets(one: Draw) -> None:
    """Print what each preset takes and becomes, and the stock loop beside them."""
    print(f"\n{len(one.manifest.train)} pictures to learn from, {len(one.held_out)} that nobody has seen\n")
    print("| loop | whole run, s | stages, s | an epoch, s | accuracy | GPU memory, MB |\n|---|---|---|---|---|---|")
    for preset in ("quick", "balanced", "accurate"):
        got = ours(one, preset=preset)
        stages = ", ".join(f"{name} {seconds:.1f}" for name, seconds in got["stages"].items())
        print(row(preset, f"{got['seconds']:.1f}", stages, seconds_of(got), f"{got['accuracy']:.3f}", f"{got['gpu_mb']:.0f}"), flush=True)
    got = stock(one, epochs=STOCK_EPOCHS)
    print(row(f"stock loop, {STOCK_EPOCHS} epochs", f"{sum(got['epoch_seconds']):.1f}, training alone", "", seconds_of(got), f"{got['accuracy']:.3f}", f"{got['gpu_mb']:.0f}"), flush=True)


def speed(many: Draw, name: str) -> str:
    """A line of the table of networks."""
    with tempfile.TemporaryDirectory() as home:
        variables = weights(name, Path(home))
        got = ours(many, variables, preset="accurate", backbone=name, sizes="full", epochs=EPOCHS)
        batch = int(next(line for line in got["log"] if "pictures at once" in line).split()[0])
        plain = stock(many, variables, epochs=2, backbone=name)
        alike = stock(many, variables, epochs=2, backbone=name, batch=batch, amp=True, layout="channels_last")
        with patch.dict(os.environ, variables):
            alone = steps_alone(name, batch)
    count = len(many.manifest.train)
    rates = [f"{count / min(loop['epoch_seconds'][1:]):.0f}" for loop in (got, plain, alike)]
    return row(name + (", random weights" if variables else ""), str(batch), rates[0], f"{alone:.0f}", *rates[1:], f"{got['gpu_mb']:.0f}, {alike['gpu_mb']:.0f}")


def ours(one: Draw, variables: dict[str, str] | None = None, **config) -> dict:
    """What `benchmarks.loops.ours` prints."""
    with tempfile.TemporaryDirectory() as folder:
        one.manifest.save(f"{folder}/manifest.json")
        test = [[row.path, row.label] for row in one.held_out]
        task = {"config": config, "manifest": f"{folder}/manifest.json", "folder": folder, "cache": str(DEFAULT_CACHE), "test": test}
        return told("ours", task, os.environ | OURS | (variables or {}))


def stock(one: Draw, variables: dict[str, str] | None = None, **task) -> dict:
    """What `benchmarks.loops.stock` prints of a loop on the GPU, with a process for each core that reads pictures."""
    number = {label: index for index, label in enumerate(one.manifest.labels)}
    train, test = ([[row.path, number[row.label]] for row in rows] for rows in (one.manifest.train, one.held_out))
    usual = {"seed": 0, "layout": "default", "device": "cuda", "workers": len(os.sched_getaffinity(0)), "train": train, "test": test}
    return told("stock", usual | task, os.environ | (variables or {}))


def copied(one: Draw) -> Draw:
    """The same pictures again and again, as other ones."""
    rows = [Row(row.path, row.label, row.split, key=f"{row.key}/{copy}") for copy in range(COPIES) for row in one.manifest.rows]
    return Draw(one.seed, Manifest(one.manifest.labels, rows), one.held_out[:20])


def reading(manifest: Manifest) -> float:
    """Pictures a second that all cores can decode."""
    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        began = time.perf_counter()
        list(pool.map(lambda row: decode(row.path, 224).shape, manifest.rows))
        return len(manifest.rows) / (time.perf_counter() - began)


def steps_alone(name: str, batch: int) -> float:
    """Pictures a second that the network learns from, forward, backward and AdamW, when they lie on the GPU already and are not varied."""
    network = trainable(name, 10, 224).to(CUDA, memory_format=torch.channels_last)
    train_mode(network)
    normalised, optimizer = normaliser(network, CUDA), torch.optim.AdamW(network.parameters(), fused=True)
    pixels = torch.randint(0, 256, (batch, 3, 224, 224), dtype=torch.uint8, device=CUDA)
    actual = torch.randint(0, 10, (batch,), device=CUDA)
    for count in range(WARM_UP + STEPS):
        if count == WARM_UP:
            torch.cuda.synchronize()
            began = time.perf_counter()
        with torch.autocast("cuda", mixed_precision("auto", CUDA)):
            loss = torch.nn.functional.cross_entropy(network(normalised(pixels)).float(), actual)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    torch.cuda.synchronize()
    return batch * STEPS / (time.perf_counter() - began)


def weights(name: str, home: Path) -> dict[str, str]:
    """Variables with which a process finds weights of a network: none where it has them or can fetch them, else those of a folder with random ones."""
    try:
        if name == DEFAULT_BACKBONE or build(name, 2):
            return {}
    except BackboneError:
        place = home / "hub" / f"models--timm--{name}"
        (place / "refs").mkdir(parents=True)
        (place / "refs/main").write_text("0" * 40)
        (place / "snapshots" / ("0" * 40)).mkdir(parents=True)
        save_file(timm.create_model(name, pretrained=False).state_dict(), place / "snapshots" / ("0" * 40) / WEIGHTS)
    return {"HF_HOME": str(home)}


def seconds_of(got: dict) -> str:
    """The first epoch and the shortest of the others."""
    first, *others = got["epoch_seconds"]
    return f"{first:.2f}, then {min(others):.2f}"


def row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
