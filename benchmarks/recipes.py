"""How long each preset trains and how good it becomes, beside the stock loop and scikit-learn on the same pictures, in one run.

    python -m benchmarks.recipes [folder of label folders] [draws]      (default: AIMAKER_PHOTOS, then ../shared/data/clothing; 5)

Of each label 50 pictures are learned from (45 of them, 5 test while it learns) and the others, which nobody has seen, say how good it is. Every loop has a process of
its own (`benchmarks/loops/`); ours with the environment of a training child, the stock loop with none. All times are those of the first draw, in which the
loops run right after one another; the stock loop's accuracy in the other draws comes from the same loop with another layout in memory, which is the same arithmetic three times as fast.
"""

import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.linear_model import LogisticRegression

from trainer.__main__ import DEFAULT_CACHE, rows_of
from trainer.config import ENVIRONMENT
from trainer.embed import Embedder, ensure_embedder
from trainer.manifest import Manifest, Row, split_rows
from trainer.pixels import decode
from trainer.scoring import actual_of

LEARNED = 50
STOCK_EPOCHS = 10
PRESETS = ("quick", "balanced", "accurate")


@dataclass(frozen=True)
class Draw:
    """A run's pictures, and the ones that are held out from it."""

    seed: int
    manifest: Manifest
    held_out: list[Row]


def main() -> None:
    photos = Path(sys.argv[1] if len(sys.argv) > 1 else os.environ.get("AIMAKER_PHOTOS", "../shared/data/clothing"))
    if not any(photos.glob("*/*")):
        sys.exit(f"No photos in {photos}: name a folder with a folder of photos for each label.")
    pictures = with_vectors(rows_of(photos, seed=0))
    draws = [draw(pictures, seed) for seed in range(int(sys.argv[2]) if len(sys.argv) > 2 else 5)]
    measured, stock = {preset: [] for preset in PRESETS}, []
    for one in draws:  # all loops on one draw: those whose times are compared run right after one another
        for preset in PRESETS:
            measured[preset].append(ours(one, preset=preset))
        stock.append(stock_loop(one, "channels_last" if one.seed else "default"))
    peers = {"logistic regression": LogisticRegression(max_iter=1000), "discriminant analysis, shrinkage 0.5": LinearDiscriminantAnalysis(solver="lsqr", shrinkage=0.5)}
    of_peers = {name: [sklearn_accuracy(one, peer) for one in draws] for name, peer in peers.items()}
    good = report(draws[0], measured, stock) & accuracies(measured, stock, of_peers)
    if not good:
        sys.exit("a promise is not kept")


def with_vectors(manifest: Manifest) -> Manifest:
    """The manifest with the vectors that a picture gets when it comes in."""
    embedder = Embedder(ensure_embedder(DEFAULT_CACHE))
    for row, vector in zip(manifest.rows, embedder.embed(decode(row.path) for row in manifest.rows), strict=True):
        row.vector = vector.astype(np.float16)
    return manifest


def draw(pictures: Manifest, seed: int) -> Draw:
    """Of each label LEARNED pictures drawn at random; the others are held out."""
    learned, held_out = [], []
    for label in pictures.labels:
        rows = [row for row in pictures.rows if row.label == label]
        random.Random(f"{seed} {label}").shuffle(rows)
        learned, held_out = learned + rows[:LEARNED], held_out + rows[LEARNED:]
    splits = split_rows([row.label for row in learned], seed)
    rows = [Row(row.path, row.label, split, key=row.key, vector=row.vector) for row, split in zip(learned, splits, strict=True)]
    return Draw(seed, Manifest(pictures.labels, rows), held_out)


def ours(one: Draw, **config) -> dict:
    """What `benchmarks.loops.ours` prints of a preset."""
    with tempfile.TemporaryDirectory() as folder:
        one.manifest.save(f"{folder}/manifest.json")
        test = [[row.path, row.label] for row in one.held_out]
        task = {"config": config | {"seed": one.seed}, "manifest": f"{folder}/manifest.json", "folder": folder, "cache": str(DEFAULT_CACHE), "test": test}
        return told("ours", task, os.environ | ENVIRONMENT)


def stock_loop(one: Draw, layout: str) -> dict:
    """What `benchmarks.loops.stock` prints."""
    number = {label: index for index, label in enumerate(one.manifest.labels)}
    train, test = ([[row.path, number[row.label]] for row in rows] for rows in (one.manifest.train, one.held_out))
    plain = {name: value for name, value in os.environ.items() if name not in ENVIRONMENT}
    return told("stock", {"epochs": STOCK_EPOCHS, "seed": one.seed, "layout": layout, "train": train, "test": test}, plain)


def told(loop: str, task: dict, environment: dict) -> dict:
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(task, file)
        file.flush()
        ended = subprocess.run([sys.executable, "-m", f"benchmarks.loops.{loop}", file.name], env=environment, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(ended.stdout.splitlines()[-1])


def sklearn_accuracy(one: Draw, peer) -> float:
    """How many of the held-out pictures a classifier of scikit-learn names right, by the same vectors."""
    learned, held_out = (np.stack([row.vector for row in rows]).astype(np.float32) for rows in (one.manifest.train, one.held_out))
    labels = one.manifest.labels
    return float(peer.fit(learned, actual_of(one.manifest.train, labels)).score(held_out, actual_of(one.held_out, labels)))


def report(one: Draw, measured: dict, stock: list[dict]) -> bool:
    """Print the rows about time and memory; whether all promises are kept."""
    epoch = statistics.median(stock[0]["epoch_seconds"])
    balanced, per_epoch = measured["balanced"][0]["seconds"], statistics.mean(measured["accurate"][0]["epoch_seconds"])
    quick = ours(one, preset="quick", epochs=500)["seconds"]
    peak = max(run["peak_mb"] for runs in measured.values() for run in runs)
    print(f"\n{len(one.manifest.train)} pictures learned from, {len(one.manifest.labels)} labels; an epoch of the stock loop: {epoch:.1f} s\n")
    print("| what | must reach | measured |\n|---|---|---|")
    print(f"| `balanced`, whole run with export | {2 * epoch:.1f} s, 2 epochs of the stock loop | {balanced:.1f} s, {balanced / epoch:.2f} of its epochs |")
    print(f"| `accurate`, seconds per epoch | {0.4 * epoch:.1f} s, 0.4 of the stock loop's | {per_epoch:.1f} s, {per_epoch / epoch:.2f} |")
    print(f"| `quick`, 500 epochs | 20 s | {quick:.1f} s |")
    print(f"| memory of the training child at most | 2,000 MB | {peak:,.0f} MB (stock loop without its DataLoader's processes: {stock[0]['peak_mb']:,.0f} MB) |")
    return balanced <= 2 * epoch and per_epoch <= 0.4 * epoch and quick <= 20 and peak <= 2000


def accuracies(measured: dict, stock: list[dict], of_peers: dict) -> bool:
    """Print the accuracies on held-out pictures; whether balanced, which `auto` takes here, is good enough."""
    rows = {f"`{preset}`": [run["accuracy"] for run in runs] for preset, runs in measured.items()}
    rows |= {f"scikit-learn, {name}, on the same vectors": values for name, values in of_peers.items()}
    rows |= {f"stock loop, {STOCK_EPOCHS} epochs": [run["accuracy"] for run in stock]}
    print("\n| held-out accuracy | mean | spread | each draw |\n|---|---|---|---|")
    for name, values in rows.items():
        print(f"| {name} | {np.mean(values):.3f} | {np.std(values):.3f} | {' '.join(f'{value:.2f}' for value in values)} |")
    means = {name: np.mean(values) for name, values in rows.items()}
    return means["`balanced`"] >= max(means[f"stock loop, {STOCK_EPOCHS} epochs"], max(means.values()) - 0.01)


if __name__ == "__main__":
    main()
