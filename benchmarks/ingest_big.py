"""A ZIP of 5,000 photos sent in pieces to a whole machine, from its first byte to its last picture, beside the floors; and how long other pages take meanwhile.

    python -m benchmarks.ingest_big [photos] [folder of label folders]

The photos are cuttings of real ones, each different, of about the size of a phone's small ones.
"""

import json
import os
import sys
import tempfile
import time
import urllib.request
import zipfile
from concurrent.futures import ThreadPoolExecutor
from http.cookiejar import CookieJar
from pathlib import Path
from statistics import median, quantiles
from threading import Event, Thread

from PIL import Image

from benchmarks.ingest import MUST_RATE, PHOTOS, floor, prepare
from tests.machine import Machine

COUNT = 5000
PIECE = 8_000_000
MUST_PAGE_SECONDS = 1.0
SETTLE = 8.0  # seconds in which the worker makes a child ready for the training that it expects
EVERY = 0.25  # seconds between two pages that somebody opens meanwhile


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else COUNT
    photos = sorted(path for path in Path(sys.argv[2] if len(sys.argv) > 2 else PHOTOS).glob("*/*") if path.is_file())
    if not photos:
        sys.exit("No photos there: name a folder with a folder of photos for each label.")
    with tempfile.TemporaryDirectory(prefix="aimaker-bench-") as temp:
        cuttings = cut(photos, Path(temp) / "cuttings", count)
        archive = pack(cuttings, Path(temp) / "photos.zip")
        machine = Machine(Path(temp) / "data", SPARE_CHILD="1").start_and_wait()
        try:
            send(machine, pack(cuttings[:8], Path(temp) / "few.zip"), 8)  # the embedder is made at the first picture of an empty data folder
            time.sleep(SETTLE)
            seconds, pages = send(machine, archive, count)
        finally:
            machine.end()
        report(seconds, pages, *floors(cuttings, Path(temp) / "floor"))


def cut(photos: list[Path], folder: Path, count: int) -> list[Path]:
    """So many different JPEGs out of these photos."""
    def one(number: int) -> Path:
        source = photos[number % len(photos)]
        target = folder / source.parent.name / f"{number}.jpg"
        target.parent.mkdir(parents=True, exist_ok=True)
        shift = number // len(photos)
        with Image.open(source) as image:
            width, height = image.size
            box = (shift % 7, shift % 11, width - shift % 5, height - shift % 3)
            image.convert("RGB").crop(box).save(target, "JPEG", quality=90 - shift % 13)
        return target

    with ThreadPoolExecutor(os.cpu_count()) as threads:
        return list(threads.map(one, range(count)))


def pack(photos: list[Path], target: Path) -> Path:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for photo in photos:
            archive.write(photo, f"{photo.parent.name}/{photo.name}")
    return target


class Guest:
    """Somebody with a browser and an AI of two labels."""

    def __init__(self, machine: Machine):
        self.base, self.cookies = f"http://127.0.0.1:{machine.port}", CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.cookies))
        self.ask("/")
        self.page = self.ask("/", b"labels=a%2C+b", {"Content-Type": "application/x-www-form-urlencoded"}).url.removeprefix(self.base)

    def ask(self, path: str, body: bytes | None = None, headers: dict[str, str] | None = None, method: str | None = None):
        token = next((cookie.value for cookie in self.cookies if cookie.name == "csrftoken"), "")
        request = urllib.request.Request(self.base + path, body, {"X-CSRFToken": token} | (headers or {}), method=method)
        answer = self.opener.open(request, timeout=120)
        answer.text = answer.read()
        return answer


def send(machine: Machine, archive: Path, count: int) -> tuple[float, list[float]]:
    """Seconds from the first byte to the last picture, and of each page that another guest opened meanwhile."""
    guest, other, ended, pages = Guest(machine), Guest(machine), Event(), []
    reader = Thread(target=read_pages, args=[other, ended, pages])
    reader.start()
    try:
        began = time.perf_counter()
        key = transfer(guest, archive)
        upload = wait(guest, key)
        seconds = time.perf_counter() - began
    finally:
        ended.set()
        reader.join()
    if upload["accepted"] != count:
        sys.exit(f"{upload['accepted']} of {count} were taken: {upload['status']} {upload['error']} {upload['rejected'][:3]}")
    return seconds, pages


def read_pages(guest: Guest, ended: Event, pages: list[float]) -> None:
    while not ended.wait(EVERY):
        for path in ("/", guest.page, "/projects/"):
            began = time.perf_counter()
            guest.ask(path)
            pages.append(time.perf_counter() - began)


def transfer(guest: Guest, archive: Path) -> str:
    """Send a file in pieces; gives the id of the upload that it becomes."""
    tus = {"Tus-Resumable": "1.0.0", "Content-Type": "application/offset+octet-stream"}
    announced = guest.ask(f"{guest.page}transfers", b"", {"Tus-Resumable": "1.0.0", "Content-Type": "text/plain", "Upload-Length": str(archive.stat().st_size)})
    address, offset = announced.headers["Location"], 0
    with archive.open("rb") as file:
        while piece := file.read(PIECE):
            offset = int(guest.ask(address, piece, tus | {"Upload-Offset": str(offset)}, "PATCH").headers["Upload-Offset"])
    return address.rsplit("/", 1)[1]


def wait(guest: Guest, key: str) -> dict:
    while True:
        upload = json.loads(guest.ask(f"/api/v1/uploads/{key}").text)
        if upload["status"] not in ("queued", "running"):
            return upload
        time.sleep(0.5)


def floors(photos: list[Path], data: Path) -> tuple[float, float]:
    """Pictures a second of decoding alone, and of decoding, resizing and onnxruntime alone, on as many threads."""
    import django  # its settings read the data folder that is made here

    data.mkdir()
    os.environ |= {"AIMAKER_DATA": str(data), "DJANGO_SETTINGS_MODULE": "webapp.settings"}
    django.setup()
    prepare()
    from trainer.pixels import decode  # needs nothing of this, but starts threads

    some, began = photos[:600], time.perf_counter()
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        list(threads.map(decode, some))
    alone = len(some) / (time.perf_counter() - began)
    return alone, len(some) / floor(some)


def report(seconds: float, pages: list[float], decoding: float, least: float) -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else COUNT
    rate, p95 = count / seconds, quantiles(pages, n=20)[-1] if len(pages) > 1 else pages[0]
    print(f"{f'{count} photos, sent and taken in':40} {'pictures/s':>10} {'seconds':>8}")
    print(f"{'decode alone':40} {decoding:10.1f} {count / decoding:8.1f}")
    print(f"{'decode + resize + onnxruntime alone':40} {least:10.1f} {count / least:8.1f}")
    print(f"{'first byte to last picture':40} {rate:10.1f} {seconds:8.1f}   must: {MUST_RATE:.0f}/s; is {rate / least:.2f} of the floor")
    print(f"{len(pages)} other pages meanwhile: median {1000 * median(pages):.0f} ms, p95 {1000 * p95:.0f} ms, longest {1000 * max(pages):.0f} ms   must: p95 under {MUST_PAGE_SECONDS:.0f} s")
    if rate < MUST_RATE or p95 > MUST_PAGE_SECONDS:
        sys.exit("too slow")


if __name__ == "__main__":
    main()
