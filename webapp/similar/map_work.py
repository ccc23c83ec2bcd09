"""What a worker does for a map: the vectors into a folder, a process of its own lays them out, and every better layout goes into the store."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy as np
from django.conf import settings
from django.utils.translation import gettext as _
from numpy.lib.format import open_memmap

from webapp.core import jobs, store
from webapp.core.errors import UserError
from webapp.core.jobs import Heart
from webapp.images.services import chunks
from webapp.projects.models import Project
from webapp.similar.indexes import stored
from webapp.similar.keeping import discard_others, left_over
from webapp.similar.mapping import FEWEST, MOST, STEPS, Places, read
from webapp.similar.models import Map

DIMENSIONS = 1280
FOLDER = "map-"  # how the folders of maps begin that are being made
LONGEST = 1800  # seconds; 20,000 pictures take about a minute on two cores
LOOK = 0.2  # seconds between two looks at the process


class Layout(NamedTuple):
    """A round of the layout: places [N, 2] from 0 to 1, and the region [N] of each."""

    number: int
    places: np.ndarray
    regions: np.ndarray


def run(row: Map) -> None:
    """Lay out the pictures of a claimed map; killed at any moment and run again, it ends with one map.

    Raises LeaseLost, Cancelled, ShuttingDown, and UserError when there are too few pictures or the layout fails.
    """
    earlier = Map.objects.filter(project=row.project_id, status=Map.DONE).first()
    try:
        with Heart(row) as heart, TemporaryDirectory(prefix=FOLDER, dir=settings.FILE_UPLOAD_TEMP_DIR) as folder:
            ids = gather(row.project, Path(folder), heart)
            jobs.write(row, count=len(ids), processed=0)
            put_start(Path(folder), ids, earlier)
            with closing(laid_out(Path(folder), heart)) as layouts:
                for layout in layouts:
                    put(row, ids, layout)
                    jobs.write(row, processed=layout.number + 1)
            heart.check()
            jobs.finish(row)
    finally:
        if row.status != Map.DONE:
            store.delete(row.file_name)
    discard_others(row)


def gather(project: Project, folder: Path, heart: Heart) -> np.ndarray:
    """Write the vectors of a project's pictures into a folder, some at a time; gives the ids in their order, 16 bytes each. Raises UserError for too few."""
    wanted = list(project.images.filter(embedding__isnull=False).order_by("id").values_list("id", flat=True)[:MOST])
    if len(wanted) < FEWEST:
        raise UserError(_("A map needs at least %(count)d pictures. Add some, then lay it out again.") % {"count": FEWEST})
    vectors = open_memmap(folder / "vectors.npy", "w+", np.float16, (len(wanted), DIMENSIONS))
    ids: list[bytes] = []
    for some in chunks(wanted):
        heart.check()
        found = stored(some)  # pictures that were deleted meanwhile are not among them
        vectors[len(ids) : len(ids) + len(found)] = np.frombuffer(b"".join(map(bytes, found.values())), "<f2").reshape(-1, DIMENSIONS)
        ids += [key.bytes for key in found]
    vectors.flush()
    if len(ids) < len(wanted):
        np.save(folder / "vectors.npy", vectors[: len(ids)].copy())
    return np.array(ids, "V16")


def put_start(folder: Path, ids: np.ndarray, earlier: Map | None) -> None:
    """Write where the pictures lay on an earlier map, so that the new one is like it."""
    before = read(earlier) if earlier else None
    if before is None:
        return
    lay = {bytes(key): place for key, place in zip(before.ids, before.places.astype(np.float32) / STEPS, strict=True)}
    np.save(folder / "start.npy", np.array([lay.get(bytes(key), (np.nan, np.nan)) for key in ids], np.float32))


def laid_out(folder: Path, heart: Heart) -> Iterator[Layout]:
    """The rounds of the layout as they come, of those that come at once the last. Raises UserError, and what `heart.check` raises."""
    command = [sys.executable, "-m", "trainer.projection", str(folder)]
    ends = time.monotonic() + LONGEST
    with subprocess.Popen(command, cwd=settings.BASE_DIR, env=os.environ | {"OMP_WAIT_POLICY": "PASSIVE"}, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL) as process:
        try:
            while process.poll() is None and time.monotonic() < ends:
                heart.check()
                yield from newest(folder)
                wait(process)
            yield from newest(folder)
        finally:
            process.kill()
    if process.returncode != 0:
        raise UserError(_("The map could not be laid out. Try again; if it happens again, tell whoever runs this server."))


def wait(process: subprocess.Popen) -> None:
    try:
        process.wait(LOOK)
    except subprocess.TimeoutExpired:
        return


def newest(folder: Path) -> Iterator[Layout]:
    """The last round that lies in a folder; it and those before it are taken out."""
    files = sorted(folder.glob("[0-9][0-9].npz"))
    if files:
        with np.load(files[-1]) as found:
            yield Layout(int(files[-1].stem), found["places"], found["regions"])
    for file in files:
        file.unlink()


def put(row: Map, ids: np.ndarray, layout: Layout) -> None:
    """Write a layout into the store."""
    store.put(row.file_name, Places(ids, np.round(layout.places * STEPS).astype(np.uint16), layout.regions.astype(np.uint16)).written())


def forget_unfinished(older_than: float) -> int:
    """Delete the folders of maps whose worker was killed; how many those were."""
    folders = [folder for folder in Path(settings.FILE_UPLOAD_TEMP_DIR).glob(f"{FOLDER}*") if time.time() - folder.stat().st_mtime > older_than]
    for folder in folders:
        rmtree(folder, ignore_errors=True)
    return len(folders)


def sweep(*, older_than: float, check: Callable[[], None], **_sent) -> int:
    """What the daily sweep asks: delete files and folders that no map needs and that are older than so many seconds; how many those were."""
    return forget_unfinished(older_than) + store.delete_old(left_over(Map), older_than, check)
