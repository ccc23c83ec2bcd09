"""A ZIP of 600 photos to ready, thumbnails and vectors included, beside the floor: decoding, resizing and onnxruntime alone, on as many threads.

    python -m benchmarks.ingest [folder of label folders]
"""

import os
import sys
import tempfile
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

PHOTOS = "../shared/data/clothing"
MUST_RATE, MUST_SHARE = 25.0, 0.6


def main() -> None:
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else PHOTOS)
    photos = sorted(path for path in folder.glob("*/*") if path.is_file())
    if not photos:
        sys.exit(f"No photos in {folder}: name a folder with a folder of photos for each label.")
    with tempfile.TemporaryDirectory(prefix="aimaker-bench-") as data:
        os.environ["AIMAKER_DATA"] = data
        report(photos, Path(data))


def report(photos: list[Path], data: Path) -> None:
    """Measure both ways in turn, three times, and print the best of each."""
    import django  # its settings read the data folder that was just made

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "webapp.settings")
    django.setup()
    archive = pack(photos, data / "photos.zip")
    prepare()
    ours, floors = [], []
    for _ in range(3):
        floors.append(floor(photos))
        ours.append(take(archive))
    best, least = len(photos) / min(ours), len(photos) / min(floors)
    print(f"{'ingest':34} {'pictures/s':>10} {'seconds':>8}")
    print(f"{'decode + resize + onnxruntime alone':34} {least:10.1f} {min(floors):8.2f}")
    print(f"{'ZIP to ready':34} {best:10.1f} {min(ours):8.2f}   must: {MUST_RATE:.0f}/s and {MUST_SHARE} of the floor; is {best / least:.2f}")
    if best < MUST_RATE or best / least < MUST_SHARE:
        sys.exit("too slow")


def pack(photos: list[Path], target: Path) -> Path:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for photo in photos:
            archive.write(photo, f"{photo.parent.name}/{photo.name}")
    return target


def prepare() -> None:
    """An empty database, and an embedder that is loaded already, as in a worker that runs."""
    # Both need the settings.
    from django.core.management import call_command

    from webapp.images.vectors import embedder

    call_command("migrate", verbosity=0)
    embedder()


def floor(photos: list[Path]) -> float:
    """Seconds for the part that nobody can leave out."""
    from trainer.pixels import decode  # onnxruntime starts threads of its own: only when they are measured
    from webapp.images.vectors import embedder

    network, start = embedder(), time.perf_counter()
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        for batch in (photos[n : n + 64] for n in range(0, len(photos), 64)):
            network.embed(list(threads.map(decode, batch)))
    return time.perf_counter() - start


def take(archive: Path) -> float:
    """Seconds from the claim of an upload to its end."""
    # All of them need the settings.
    from django.core.files.uploadedfile import SimpleUploadedFile

    from webapp.accounts.models import User
    from webapp.core import jobs
    from webapp.ingest import services, work
    from webapp.ingest.models import Upload
    from webapp.projects.models import Project

    project = Project.objects.create(owner=User.objects.create_guest(), name="Bench")
    sent = SimpleUploadedFile("photos.zip", archive.read_bytes())
    upload = services.receive(project=project, files=[sent])
    start = time.perf_counter()
    work.run(jobs.claim(Upload, upload.id, "bench"))
    seconds = time.perf_counter() - start
    upload.refresh_from_db()
    if upload.status != "done" or upload.rejected:
        sys.exit(f"the upload ended {upload.status}: {upload.rejected[:3]}")
    return seconds


if __name__ == "__main__":
    main()
