"""The embedder of this process: made once, shared by all threads."""

import subprocess
import sys
from threading import Lock

import numpy as np
from django.conf import settings

from trainer.embed import Embedder, embedder_name, ensure_embedder

CACHE = settings.DATA / "cache"
_MAKE = "import sys; from trainer.embed import ensure_embedder; ensure_embedder(sys.argv[1])"
_lock = Lock()
_embedders: list[Embedder] = []


def embedder() -> Embedder:
    """The embedder, loaded at the first call; the very first call on a machine makes its file, which takes about ten seconds."""
    with _lock:
        if not _embedders:
            if not (CACHE / f"{embedder_name()}.onnx").exists():
                # Making it needs torch, and a process of its own gives that memory back.
                subprocess.run([sys.executable, "-c", _MAKE, str(CACHE)], cwd=settings.BASE_DIR, check=True)
            _embedders.append(Embedder(ensure_embedder(CACHE)))
        return _embedders[0]


def embed(pictures: list[np.ndarray]) -> list[bytes]:
    """The vectors of decoded pictures as rows keep them: 1,280 little-endian float16 each."""
    return [vector.tobytes() for vector in embedder().embed(pictures).astype("<f2")]
