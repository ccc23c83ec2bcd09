"""What a worker does for the instant model of a project: read the vectors, measure, write the row."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import numpy as np
from django.db.models.functions import Now

from trainer import learning_curve
from trainer.embed import DIMENSIONS
from trainer.learning_curve import LEAST, MOST, Measured
from trainer.manifest import MIN_LABELS
from webapp.core import jobs
from webapp.core.jobs import Heart
from webapp.core.polite import step_back
from webapp.images.models import Embedding, Image
from webapp.images.services import chunks
from webapp.instant.models import Instant
from webapp.projects.models import Project

POINTS = 200  # that the row keeps
SHARE = 10  # it rests so many times as long as it worked
LONGEST_REST = 20.0  # seconds


@dataclass
class Pictures:
    """N pictures that can be learned from: vectors float16 [N, 1280], the number of each one's label in `labels`, and its group of near duplicates or None."""

    labels: list[UUID]
    actual: np.ndarray
    groups: list[UUID | None]
    vectors: np.ndarray
    total: int  # of which these were drawn


def run(row: Instant) -> None:
    """Learn from the pictures of a claimed row's project, and measure. Raises LeaseLost, Cancelled and ShuttingDown."""
    started = time.monotonic()
    with Heart(row) as heart, ThreadPoolExecutor(1, "instant", initializer=step_back) as thread:
        # Before the pictures are read: what comes from now on is told to the row again.
        jobs.write(row, changed=None, new_images=0)
        pictures = read(row.project, heart.check)
        heart.check()
        found = thread.submit(measure, pictures, heart.check).result()
        values = outcome(row, pictures, found) if found else {"accuracy": None, "low": None, "high": None, "labels": [], "best": None, "even_gain": 0}
        seconds = time.monotonic() - started
        jobs.finish(row, images=pictures.total, seconds=seconds, rests_until=Now() + timedelta(seconds=min(LONGEST_REST, SHARE * seconds)), **values)


def read(project: Project, check: Callable[[], None] = lambda: None) -> Pictures:
    """The ready pictures of a project, of labels that have enough of them; 10,000 drawn ones where there are more."""
    found = list(Image.objects.filter(project=project, status=Image.READY).order_by("created", "id").values_list("id", "label", "group"))
    counts: dict[UUID, int] = {}
    for _id, label, _group in found:
        counts[label] = counts.get(label, 0) + 1
    labels = sorted((label for label, count in counts.items() if count >= LEAST), key=lambda label: label.hex)
    place = {label: number for number, label in enumerate(labels)}
    known = [one for one in found if one[1] in place]
    actual = np.array([place[label] for _id, label, _group in known], np.int64)
    rows = learning_curve.drawn(actual, MOST, np.random.default_rng(0)) if len(known) > MOST else np.arange(len(known))
    vectors, has = vectors_of([known[row][0] for row in rows], check)
    return Pictures(labels, actual[rows[has]], [known[row][2] for row in rows[has]], vectors[has], len(known))


def vectors_of(ids: list[UUID], check: Callable[[], None]) -> tuple[np.ndarray, np.ndarray]:
    """The vectors of pictures, float16 [N, 1280], and which of them are there and whole, bool [N]."""
    vectors, has, place = np.zeros((len(ids), DIMENSIONS), "<f2"), np.zeros(len(ids), bool), {one: number for number, one in enumerate(ids)}
    for some in chunks(ids):
        check()
        for image, vector in Embedding.objects.filter(image__in=some).values_list("image", "vector"):
            values = np.frombuffer(vector, "<f2")
            if len(values) == DIMENSIONS and np.isfinite(values).all():
                vectors[place[image]], has[place[image]] = values, True
    return vectors, has


def measure(pictures: Pictures, check: Callable[[], None] = lambda: None) -> Measured | None:
    """How good the quick head is; None when there is too little to say so."""
    counts = np.bincount(pictures.actual, minlength=len(pictures.labels))
    if len(counts) < MIN_LABELS or counts.min() < LEAST:
        return None
    return learning_curve.measure(pictures.vectors, pictures.actual, pictures.groups, check=check)


def outcome(row: Instant, pictures: Pictures, found: Measured) -> dict:
    """The columns of the row."""
    low, high = found.interval
    labels = [
        {"id": str(label), "images": score.images, "recall": score.recall, "gain": score.gain, "gain_interval": list(score.gain_interval)}
        for label, score in zip(pictures.labels, found.labels, strict=True)
    ]
    point = [pictures.total, round(found.accuracy, 4), round(low, 4), round(high, 4), round(time.time(), 1)]
    best = None if found.best is None else pictures.labels[found.best]
    return {"accuracy": found.accuracy, "low": low, "high": high, "labels": labels, "best": best, "even_gain": found.even_gain, "points": thinned([*row.points, point])}


def thinned(points: list[list]) -> list[list]:
    """The points, every second one of the older half left out when they have become too many, so that the beginning stays."""
    if len(points) <= POINTS:
        return points
    half = POINTS // 2
    return points[:half:2] + points[half:]
