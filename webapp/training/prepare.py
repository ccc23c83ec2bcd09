"""What a training child needs, as files in a folder of the run: the list of pictures with their vectors."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from django.db.models import F

from trainer.manifest import Manifest, ManifestError, Row, check
from trainer.sentences import _
from webapp.core import jobs, store
from webapp.core.jobs import Heart
from webapp.images.models import Image
from webapp.training import record
from webapp.training.models import Run
from webapp.training.snapshot import VAL, snapshot

CHUNK = 500


def choose_pictures(run: Run) -> None:
    """Fix which pictures a claimed run learns from, for good: whoever goes on with it after a kill has the same. Raises LeaseLost."""
    if not run.snapshot:
        rows, torn = snapshot(run.project, run.config.get("seed", 0))
        tested = sum(part == VAL for _image, _label, part in rows)
        jobs.write(run, snapshot=rows, train_images=len(rows) - tested, val_images=tested)
        if torn:
            record.log(run, f"Near duplicates of what is learned are tested, since nothing else is left or they came so; the accuracy flatters: {', '.join(torn)}.")


def write_manifest(run: Run, heart: Heart, file: Path) -> Manifest:
    """Write the pictures of a run that are still there; raises ManifestError when too few are left, and what `heart.check` raises."""
    parts = {image_id: (label, part) for image_id, label, part in run.snapshot}
    labels = list(dict.fromkeys(label for _image, label, _part in run.snapshot))
    rows = []
    for image in pictures(run):
        if str(image.id) in parts:
            rows.append(row(image, *parts[str(image.id)]))
        if len(rows) % CHUNK == 0:
            heart.check()
    manifest = Manifest(labels, rows)
    check_enough(manifest)
    manifest.save(file)
    return manifest


def pictures(run: Run) -> Iterator[Image]:
    """The pictures of the run's project with `vector`, a stream: vectors of a big project are many megabytes."""
    images = Image.objects.filter(project_id=run.project_id).only("id", "project_id", "sha256", "group")
    return images.annotate(vector=F("embedding__vector")).order_by("sha256").iterator(CHUNK)


def row(image: Image, label: str, part: str) -> Row:
    vector = None if image.vector is None else np.frombuffer(image.vector, "<f2")
    return Row(str(store.local_path(image.file_name)), label, part, group=str(image.group) if image.group else None, key=str(image.id), vector=vector)


def check_enough(manifest: Manifest) -> None:
    """Raise ManifestError when pictures were deleted since the run was started, and too few are left."""
    counts = dict.fromkeys(manifest.labels, 0)
    for entry in manifest.rows:
        counts[entry.label] += 1
    check(counts)
    untested = set(counts) - {entry.label for entry in manifest.rows if entry.split == VAL}
    if untested:
        raise ManifestError(_("The pictures that were to test “%(label)s” were deleted meanwhile. Start the training again."), label=min(untested))
