"""How fast the trainer is, each figure beside its floor or a peer, measured in the same run.

python -m benchmarks.trainer [folder of label folders]      (default: AIMAKER_PHOTOS, then ../shared/data/clothing)
"""

import os
import sys
import tempfile
import time
from pathlib import Path

from trainer.config import ENVIRONMENT, TrainConfig

if __name__ == "__main__" and any(os.environ.get(name) != value for name, value in ENVIRONMENT.items()):
    # The allocator reads its settings when a process starts.
    os.execve(sys.executable, [sys.executable, "-m", "benchmarks.trainer", *sys.argv[1:]], {**os.environ, **ENVIRONMENT})

import numpy as np
import onnxruntime
import torch
from PIL import Image
from sklearn.linear_model import LogisticRegression

from trainer.__main__ import rows_of
from trainer.backbones import build
from trainer.bundle import write_bundle
from trainer.embed import Embedder, ensure_embedder
from trainer.export import export
from trainer.fit import fit
from trainer.manifest import Manifest
from trainer.pixels import decode
from trainer.predict import Predictor
from trainer.quick import actual_of

STOCK_PICTURES = 128


def main():
    photos = sys.argv[1] if len(sys.argv) > 1 else os.environ.get("AIMAKER_PHOTOS", "../shared/data/clothing")
    with tempfile.TemporaryDirectory() as scratch:
        for row in rows(Path(photos), Path(scratch)):
            print("{:<46} {:>12} {:>12} {:>8}  {}".format(*row), flush=True)


def rows(photos, scratch):
    """The lines of the table: what, ours, the floor or peer, the ratio, and what the floor or peer is."""
    yield "what", "ours", "floor/peer", "ratio", "which"
    manifest, embedder = rows_of(photos, seed=0), Embedder(ensure_embedder(scratch))
    pictures = [decode(row.path) for row in manifest.rows]
    yield embedding_row(embedder, pictures, scratch)
    for row, vector in zip(manifest.rows, embedder.embed(pictures), strict=True):
        row.vector = vector.astype(np.float16)
    result, line = quick_row(manifest, scratch)
    yield line
    bundle, line = publish_row(result, scratch)
    yield line
    yield predict_row(bundle, manifest)
    yield accurate_row(manifest, scratch)


def embedding_row(embedder, pictures, scratch):
    embedder.embed(pictures[:16])
    ours = len(pictures) / timed(lambda: embedder.embed(pictures))
    session = quiet_session(ensure_embedder(scratch))
    floor = len(pictures) / timed(lambda: [session.run(None, {"picture": picture}) for picture in pictures])
    return "vectors, pictures/s", f"{ours:.0f}", f"{floor:.0f}", f"{ours / floor:.2f}", "onnxruntime alone, two threads, one picture after the other"


def quick_row(manifest, scratch):
    config = TrainConfig.from_dict({"preset": "quick", "epochs": 50})
    started = time.perf_counter()
    result = fit(config, manifest, scratch / "quick", lambda report: None)
    ours = time.perf_counter() - started
    vectors = np.stack([row.vector for row in manifest.train]).astype(np.float32)
    peer = timed(lambda: LogisticRegression(max_iter=300).fit(vectors, actual_of(manifest.train, manifest.labels)))
    return result, (f"quick, 50 epochs, {len(manifest.rows)} pictures, s", f"{ours:.2f}", f"{peer:.2f}", f"{ours / peer:.2f}", "scikit-learn LogisticRegression, one strength")


def publish_row(result, scratch):
    def publish():
        exported = export(result, scratch)
        return write_bundle(scratch / "bundle", model=exported.model, labels=result.labels, input_size=exported.input_size, golden=exported.golden)

    seconds = timed(publish)
    return scratch / "bundle", ("quick: export, parity, bundle, s", f"{seconds:.2f}", "5.00", f"{seconds / 5:.2f}", "the promise")


def predict_row(bundle, manifest):
    predictor, session = Predictor(bundle), quiet_session(bundle / "model.onnx")
    files = [Path(row.path).read_bytes() for row in manifest.rows[:150]]
    # Turn and turn about, so that whatever else the machine does hits both alike.
    pairs = [(timed(lambda data=data: predictor.predict(data)), timed(lambda data=data: session.run(None, {"picture": decode(data)}))) for data in files]
    ours, floor = 1000 * np.median(pairs, axis=0)
    return "predict, p50 ms", f"{ours:.2f}", f"{floor:.2f}", f"{ours / floor:.2f}", "decode + onnxruntime alone"


def quiet_session(path):
    """A bare onnxruntime session with two threads that sleep while they wait, as the predictor's do."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 2
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def accurate_row(manifest, scratch):
    taken = manifest.train[:: max(1, len(manifest.train) // STOCK_PICTURES)][:STOCK_PICTURES]
    small = Manifest(manifest.labels, taken + manifest.val[:1])
    seconds = []
    fit(TrainConfig.from_dict({"preset": "accurate", "epochs": 2}), small, scratch / "accurate", lambda report: seconds.append(report.seconds))
    peer = timed(lambda: stock_epoch(taken, manifest.labels))
    return f"accurate, one epoch of {len(taken)} pictures, s", f"{seconds[-1]:.1f}", f"{peer:.1f}", f"{seconds[-1] / peer:.2f}", "the stock loop: decode, torch eager, 32 bits"


def stock_epoch(taken, labels):
    """What a tutorial does: decode each picture each time, AdamW on everything, batches of 32."""
    network, actual = build("efficientnet_lite0", len(labels)).train(), torch.from_numpy(actual_of(taken, labels))
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-3)
    for start in range(0, len(taken), 32):
        batch = torch.stack([stock_picture(row.path) for row in taken[start:start + 32]])
        loss = torch.nn.functional.cross_entropy(network(batch), actual[start:start + 32])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


def stock_picture(path):
    with Image.open(path) as image:
        pixels = np.asarray(image.convert("RGB").resize((224, 224)), np.float32)
    return torch.from_numpy((pixels - 127.5) / 127.5).permute(2, 0, 1)


def timed(verb):
    started = time.perf_counter()
    verb()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
