"""How often "none of these" is said to what is none of the labels, and to what is one of them; ten draws of 7 labels of 10.

    python -m benchmarks.none_of_these [folder of label folders] [folder of other pictures]      (default: ../shared/data/clothing and ../shared/data/raccoon/images)

A fifth of each label's pictures is neither learned from nor used for any threshold: those are the known ones. Near: the pictures of the 3 labels left out.
Far: the other folder. Preset quick, as a person presses Train; the row "confidence alone" refuses as many of the known ones by their confidence.
"""

import os
import sys
import tempfile
import time
from io import BytesIO
from pathlib import Path

import numpy as np

from trainer import head
from trainer.__main__ import DEFAULT_CACHE, rows_of
from trainer.config import TrainConfig
from trainer.embed import Embedder, ensure_embedder
from trainer.fit import fit
from trainer.manifest import Manifest, Row, split_rows
from trainer.pixels import decode
from trainer.quick import actual_of
from trainer.standalone.novelty import KEEP, Novelty, is_unknown

DRAWS, LEARNED, HELD_OUT = 10, 7, 0.2
MOST_REFUSED, FAR, NEAR = 0.1, 0.98, 0.4
KEEPS = (0.98, KEEP, 0.94, 0.93, 0.92, 0.9)


def main() -> None:
    photos, others = (Path(sys.argv[i + 1] if len(sys.argv) > i + 1 else default) for i, default in enumerate(
        (os.environ.get("AIMAKER_PHOTOS", "../shared/data/clothing"), "../shared/data/raccoon/images")))
    manifest, far = rows_of(photos, seed=0), sorted(others.glob("*.jpg"))
    vectors, strange = embedded([Path(row.path) for row in manifest.rows]), embedded(far)
    results = np.array([draw(manifest, vectors, strange, seed) for seed in range(DRAWS)])
    print(f"{'mean of ten draws':24} {'known refused':>13} {'near':>6} {'far':>6} {'accuracy':>9} {'of those kept':>13}")
    for place, keep in enumerate(KEEPS):
        print(f"{f'keep {keep:.2f}':24} " + line(results[:, place]))
        print(f"{'  confidence alone':24} " + line(results[:, len(KEEPS) + place]))
    refused, near, away = results[:, KEEPS.index(KEEP), :3].mean(axis=0)
    print(f"must: known refused at most {MOST_REFUSED}, near {NEAR}, far {FAR}; is {refused:.3f}, {near:.3f}, {away:.3f}")
    if refused > MOST_REFUSED or near < NEAR or away < FAR:
        sys.exit("not reached")


def line(rows: np.ndarray) -> str:
    refused, near, far, accuracy, kept = rows.mean(axis=0)
    return f"{refused:13.3f} {near:6.3f} {far:6.3f} {accuracy:9.3f} {kept:13.3f}"


def embedded(files: list[Path]) -> np.ndarray:
    network = Embedder(ensure_embedder(DEFAULT_CACHE))
    return np.concatenate([network.embed([decode(file) for file in files[i:i + 32]]) for i in range(0, len(files), 32)]).astype(np.float16)


def draw(manifest: Manifest, vectors: np.ndarray, strange: np.ndarray, seed: int) -> np.ndarray:
    """For each setting, and then for confidence alone: known refused, near and far called unknown, accuracy on known ones and on those kept."""
    random = np.random.default_rng(seed)
    labels = sorted(random.choice(manifest.labels, LEARNED, replace=False))
    names = np.array([row.label for row in manifest.rows])
    held = {row for label in labels for row in random.permutation(np.flatnonzero(names == label))[:round(HELD_OUT * (names == label).sum())]}
    known, near = np.array(sorted(held)), np.flatnonzero(~np.isin(names, labels))
    teach = [row for row in np.flatnonzero(np.isin(names, labels)) if row not in held]
    weights, novelty, temperature = learned(labels, names[teach], vectors[teach], seed)
    asked = np.concatenate([vectors[known], vectors[near], strange]).astype(np.float32)
    probabilities = head.softmax(head.logits(weights, asked) / temperature)
    started = time.perf_counter()
    familiarity = novelty.familiarity(asked, probabilities)
    print(f"draw {seed}: {1000 * (time.perf_counter() - started) / len(asked):.3f} ms to judge a picture", flush=True)
    right = probabilities[:len(known)].argmax(axis=1) == actual_of([manifest.rows[row] for row in known], labels)
    ours = [is_unknown(familiarity, keep) for keep in KEEPS]
    confidence = probabilities.max(axis=1)
    plain = [confidence < np.quantile(confidence[:len(known)], unknown[:len(known)].mean()) for unknown in ours]
    return np.array([figures(unknown, len(known), len(near), right) for unknown in ours + plain])


def learned(labels: list[str], names: np.ndarray, vectors: np.ndarray, seed: int) -> tuple[np.ndarray, Novelty, float]:
    """Head, novelty and temperature of a quick run."""
    splits = split_rows(list(names), seed)
    rows = [Row(str(i), name, split, vector=vector) for i, (name, split, vector) in enumerate(zip(names, splits, vectors, strict=True))]
    with tempfile.TemporaryDirectory() as scratch:
        result = fit(TrainConfig.from_dict({"preset": "quick", "seed": seed}), Manifest(labels, rows), scratch, lambda report: None)
    return result.weights, Novelty.read(BytesIO(result.novelty)), result.temperature


def figures(unknown: np.ndarray, known: int, near: int, right: np.ndarray) -> list[float]:
    parts = unknown[:known], unknown[known:known + near], unknown[known + near:]
    return [*(float(part.mean()) for part in parts), float(right.mean()), float(right[~parts[0]].mean())]


if __name__ == "__main__":
    main()
