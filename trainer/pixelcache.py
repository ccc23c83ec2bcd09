"""Every picture of a run decoded and sized once, kept as 8-bit pixels in a file, so that epochs only read memory."""

import json
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import onnxruntime

from trainer.files import write_atomic
from trainer.graph import resize_model
from trainer.manifest import Row
from trainer.pixels import PictureError, decode
from trainer.results import check_stop, skipped_row
from trainer.sessions import single_threaded


class PixelCache:
    """Sized pictures of some rows: `pixels` is uint8 [N, 3, size, size] on disk, `rows` the N readable rows, `skipped` the others."""

    def __init__(self, pixels: np.ndarray, rows: list[Row], skipped: list[dict]) -> None:
        self.pixels, self.rows, self.skipped = pixels, rows, skipped


def pixel_cache(
    folder: Path, name: str, rows: list[Row], size: int, *, fingerprint: str, threads: int, should_stop: Callable[[], bool],
) -> PixelCache:
    """The PixelCache of rows, made on the first call and found again after a kill. Raises Cancelled, and OSError where the disk is full."""
    folder.mkdir(parents=True, exist_ok=True)
    path, about = folder / f"{name}-{size}.u8", folder / f"{name}-{size}.json"
    shape = (len(rows), 3, size, size)
    if not _is_whole(about, fingerprint):
        skipped = _fill(path, shape, rows, threads, should_stop)
        write_atomic(about, json.dumps({"fingerprint": fingerprint, "skipped": skipped}).encode())
    skipped = {int(index): entry for index, entry in json.loads(about.read_bytes())["skipped"].items()}
    pixels = np.memmap(path, np.uint8, "r", shape=shape) if rows else np.zeros(shape, np.uint8)
    kept = [index for index in range(len(rows)) if index not in skipped]
    # Unreadable pictures leave a hole in the file; a view without copying serves as long as there is none.
    return PixelCache(pixels[kept] if skipped else pixels, [rows[i] for i in kept], list(skipped.values()))


def _is_whole(about: Path, fingerprint: str) -> bool:
    return about.exists() and json.loads(about.read_bytes())["fingerprint"] == fingerprint


def _fill(path: Path, shape: tuple[int, int, int, int], rows: list[Row], threads: int, should_stop: Callable[[], bool]) -> dict[int, dict]:
    if not rows:
        return {}
    # Ask for the space now: a full disk would otherwise kill the process with a bus error in the middle.
    with open(path, "wb") as handle:
        os.posix_fallocate(handle.fileno(), 0, int(np.prod(shape)))
    pixels = np.memmap(path, np.uint8, "r+", shape=shape)
    session = onnxruntime.InferenceSession(resize_model(shape[-1]).SerializeToString(), single_threaded(), providers=["CPUExecutionProvider"])

    def take(index: int) -> tuple[int, dict | None]:
        check_stop(should_stop)
        try:
            picture = decode(rows[index].path, shape[-1])
        except PictureError as error:
            return index, skipped_row(rows[index], error)
        pixels[index] = session.run(["pixels"], {"picture": picture})[0][0].round()
        return index, None

    with ThreadPoolExecutor(threads) as pool:
        skipped = {index: entry for index, entry in pool.map(take, range(len(rows))) if entry}
    pixels.flush()
    return skipped
