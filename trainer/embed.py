"""Feature vectors of pictures: 1,280 numbers each, from EfficientNet-Lite0 in onnxruntime."""

import hashlib
import importlib
import logging
import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import onnxruntime

from trainer.files import write_atomic
from trainer.graph import resize_model
from trainer.memory import give_back
from trainer.sessions import lean

SIZE = 224
DIMENSIONS = 1280
# Raise this when the network or its normalisation changes (a changed resize shows by itself): vectors of different recipes must not be mixed.
_RECIPE = 3

log = logging.getLogger(__name__)


def ensure_embedder(cache_dir: str | Path) -> Path:
    """Path of the embedder's ONNX file inside `cache_dir`, made on the first call (about ten seconds)."""
    path = Path(cache_dir) / f"{embedder_name()}.onnx"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        log.info("making the embedder %s", path.name)
        write_atomic(path, _exported())
    return path


def embedder_name() -> str:
    """A name that changes whenever vectors would: stored vectors carry it."""
    recipe = f"{_RECIPE}".encode() + resize_model(SIZE).SerializeToString(deterministic=True)
    return f"efficientnet_lite0-{hashlib.sha256(recipe).hexdigest()[:8]}"


class Embedder:
    """The embedder loaded for use; safe to share between threads."""

    def __init__(self, path: str | Path, threads: int | None = None) -> None:
        threads = threads or os.cpu_count()
        self.name = Path(path).stem
        self._session = onnxruntime.InferenceSession(path, lean(), providers=["CPUExecutionProvider"])
        # One picture per thread beats batches of 16 over all threads (2.4 against 2.9 ms per picture on 2 cores):
        # a picture's activations stay in the core's own cache.
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="embed")
        give_back()

    def embed(self, pictures: Iterable[np.ndarray]) -> np.ndarray:
        """Vectors, float32 [N, 1280], of N decoded pictures (uint8 [height, width, 3] each, any sizes)."""
        vectors = list(self._pool.map(self._embed_one, pictures))
        return np.stack(vectors) if vectors else np.zeros((0, DIMENSIONS), np.float32)

    def _embed_one(self, picture: np.ndarray) -> np.ndarray:
        return self._session.run(["features"], {"picture": picture})[0][0]


def _exported() -> bytes:
    # torch and the exporter are needed this once; importing them here keeps them out of every process that only embeds.
    conversion = importlib.import_module("trainer.conversion")
    return conversion.embedder_bytes(SIZE)
