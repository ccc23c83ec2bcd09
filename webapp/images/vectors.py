"""The embedder of this process: made once, shared by all threads."""

import logging
import subprocess
import sys
from threading import Lock, Thread

import numpy as np
from django.conf import settings

from trainer.embed import Embedder, embedder_name, ensure_embedder
from webapp.core.errors import ShuttingDown
from webapp.core.jobs import shutting_down

CACHE = settings.DATA / "cache"
LOOK = 0.1  # seconds between two looks at the process that makes it
_MAKE = "import sys; from trainer.embed import ensure_embedder; ensure_embedder(sys.argv[1])"
log = logging.getLogger(__name__)
_lock = Lock()
_embedders: list[Embedder] = []


def is_made() -> bool:
    """Whether the embedder can be had at once."""
    return bool(_embedders) or (CACHE / f"{embedder_name()}.onnx").exists()


def is_made_soon() -> bool:
    """Whether the embedder can be had at once; else it is being made from now on, beside the request that needs it."""
    if not is_made() and not _lock.locked():
        Thread(target=_try_to_make, name="embedder", daemon=True).start()
    return is_made()


def _try_to_make() -> None:
    try:
        embedder()
    except (subprocess.CalledProcessError, OSError, ShuttingDown) as error:
        log.warning("the embedder could not be made; the next question tries again: %s", error)


def embedder() -> Embedder:
    """The embedder, loaded at the first call; the very first call on a machine makes its file, which takes about ten seconds.

    Raises ShuttingDown when this process is told to end meanwhile, to all who wait for it.
    """
    with _lock:
        if not _embedders:
            if not (CACHE / f"{embedder_name()}.onnx").exists():
                _make()
            _embedders.append(Embedder(ensure_embedder(CACHE)))
        return _embedders[0]


def _make() -> None:
    """Have the file made. That needs torch, and a process of its own gives the memory back."""
    command = [sys.executable, "-c", _MAKE, str(CACHE)]
    with subprocess.Popen(command, cwd=settings.BASE_DIR) as process:
        try:
            while process.poll() is None:
                if shutting_down.wait(LOOK):
                    raise ShuttingDown()
        finally:
            process.kill()
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)


def embed(pictures: list[np.ndarray]) -> list[bytes]:
    """The vectors of decoded pictures as rows keep them: 1,280 little-endian float16 each."""
    return [vector.tobytes() for vector in embedder().embed(pictures).astype("<f2")]
