"""What a worker does for the index of a project: the vectors in portions, a measurement of how many of the true neighbours are found, and a file in the store.

100,000 pictures take 24 MB and less than a minute; of the vectors themselves there are never more than a few thousand in memory.
"""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import NamedTemporaryFile
from uuid import UUID

import numpy as np
from django.conf import settings
from django.utils.timezone import now

from trainer.nearest import LEARNED, Nearest, vectors_of
from trainer.recall import Truth, widened
from webapp.core import jobs, store
from webapp.core.jobs import Heart
from webapp.core.polite import step_back
from webapp.images.models import Embedding, Image
from webapp.images.services import chunks
from webapp.similar.indexes import stored
from webapp.similar.keeping import discard_others
from webapp.similar.models import Index

PORTION = 2000  # pictures taken in at once, after the first ones


@dataclass
class Built:
    """An index with the ids of its pictures, 16 bytes each, and the time when these were listed; recall is null where the index is exact."""

    nearest: Nearest
    ids: bytes
    listed: datetime
    recall: float | None

    def keep(self, name: str) -> int:
        """Put all of it into the store as a file, by way of the disk: in memory it would be there three times; its bytes."""
        settings.FILE_UPLOAD_TEMP_DIR.mkdir(exist_ok=True)
        with NamedTemporaryFile(dir=settings.FILE_UPLOAD_TEMP_DIR, suffix=".upload", delete=False) as out:
            np.savez(out, **self.nearest.arrays(), ids=np.frombuffer(self.ids, np.uint8), listed=np.array(self.listed.isoformat()))
        size = Path(out.name).stat().st_size
        store.adopt(Path(out.name), name)
        return size


def run(row: Index) -> None:
    """Make the index of a claimed row. Raises LeaseLost, Cancelled and ShuttingDown."""
    started = time.monotonic()
    try:
        with Heart(row) as heart, ThreadPoolExecutor(1, "index", initializer=step_back) as thread:
            # Before the pictures are read: what comes or goes from now on is told to the row again.
            jobs.write(row, new_images=0, gone_images=0)
            built = build(row.project_id, heart.check, thread)
            size = built.keep(row.file_name)
            heart.check()
            values = {"kind": built.nearest.kind, "count": len(built.nearest), "recall": built.recall, "size_bytes": size}
            jobs.finish(row, seconds=time.monotonic() - started, **values)
    finally:
        if row.status != Index.DONE:
            store.delete(row.file_name)
    discard_others(row)


def build(project_id: UUID, check: Callable[[], None], thread: ThreadPoolExecutor) -> Built:
    """An index of all pictures of a project that have a vector; what takes long is done by the thread."""
    listed = now()
    images = sorted(Image.objects.filter(project=project_id).order_by().values_list("id", flat=True))
    # By what there is to learn from: some pictures may have no vector.
    nearest, truth, ids = Nearest(Embedding.objects.filter(image__project=project_id).count()), None, bytearray()
    # In the order of their ids, which is no order at all: the first ones stand for all.
    for vectors, keys in portions(images):
        check()
        truth = truth or Truth(vectors)
        thread.submit(nearest.add, vectors).result()
        thread.submit(truth.see, vectors).result()
        ids += keys
    recall = thread.submit(widened, nearest, truth).result() if truth and not nearest.is_exact else None
    return Built(nearest, bytes(ids), listed, recall)


def portions(ids: list[UUID]) -> Iterator[tuple[np.ndarray, bytes]]:
    """Vectors [n, 1280] and ids of pictures, the first portion large enough to learn from."""
    found: dict[UUID, bytes] = {}
    wanted = LEARNED  # vectors, not pictures: the first ones may have none
    for some in chunks(ids):
        found |= stored(some)
        if len(found) >= wanted:
            yield portion(found)
            found, wanted = {}, PORTION
    if found:
        yield portion(found)


def portion(found: dict[UUID, bytes]) -> tuple[np.ndarray, bytes]:
    return vectors_of(map(bytes, found.values())), b"".join(key.bytes for key in found)
