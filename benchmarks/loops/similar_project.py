"""Fills a project of a running machine with pictures that are only vectors, waits until the worker has made their index, and prints its seconds, bytes and recall.

    python -m benchmarks.loops.similar_project project_id pictures
"""

import os
import sys
import time

import django

BATCH = 5000
PATIENCE = 300  # seconds


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "webapp.settings")
    django.setup()
    project_id, pictures = sys.argv[1], int(sys.argv[2])
    fill(project_id, pictures)
    row = built(project_id)
    print(row.seconds, row.size_bytes, 1.0 if row.recall is None else row.recall)


def fill(project_id: str, pictures: int) -> None:
    # Ours and Django's need the settings.
    from datetime import timedelta

    from django.utils import timezone

    from benchmarks.similar import squares, synthetic
    from webapp.images.models import Embedding, Image
    from webapp.projects.models import Label

    Image._meta.get_field("created").auto_now_add = False  # they came one after another, over some days
    now, label = timezone.now(), Label.objects.filter(project=project_id).first()
    vectors = squares(synthetic(pictures, 0)[0]) * 1000  # float16 has few numbers near zero
    for start in range(0, pictures, BATCH):
        few = vectors[start : start + BATCH].astype("<f2")
        rows = [Image(project_id=project_id, label=label, sha256=f"{start + n:064d}", width=640, height=480, size_bytes=1, created=now - timedelta(seconds=10 * (pictures - start - n))) for n in range(len(few))]
        Image.objects.bulk_create(rows)
        Embedding.objects.bulk_create([Embedding(image=row, vector=vector.tobytes()) for row, vector in zip(rows, few, strict=True)])


def built(project_id: str):
    # Ours need the settings.
    from webapp.similar import building

    building.order(project_id)
    ends = time.monotonic() + PATIENCE
    while time.monotonic() < ends:
        if row := building.current(project_id):
            return row
        time.sleep(0.2)
    sys.exit("the index was not made in time")


if __name__ == "__main__":
    main()
