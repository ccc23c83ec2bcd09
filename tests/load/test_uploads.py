"""L2: many send a picture at the same moment; and L3: several send large ZIPs."""

import io
import os
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import numpy
import pytest
from PIL import Image as Picture

from fixtures.hostile.zips import STORED, File, packed
from tests.faults.counts import count
from tests.faults.house import House
from tests.faults.measured import measured
from tests.faults.processes import children, megabytes
from tests.faults.sending import Sending
from tests.load.asking import Answer, looking, slowest
from tests.load.front import PROGRAM, nginx_before
from webapp.core.test import jpeg
from webapp.images.models import Image
from webapp.ingest.models import Upload

pytestmark = [pytest.mark.nightly, pytest.mark.fault, pytest.mark.timeout(2900)]

MEGABYTE = 2**20
AT_ONCE, SIDE = count("UPLOADS", 20, 100), count("UPLOAD_SIDE", 600, 1950)  # pixels of noise: 1,950 of them are 5 MB
MOST_SECONDS, MOST_MB = 30, 400
ZIPS, ZIP_MB = count("ZIPS", 3, 10), count("ZIPS_MB", 10, 500)
MOST_UNPACKED, MOST_DISK = 2, 2.2
PEOPLE, MOST_LATE = 4, 1.0  # who look at pages meanwhile; seconds


def noise(seed: int) -> bytes:
    out = io.BytesIO()
    Picture.fromarray(numpy.random.default_rng(seed).integers(0, 256, (SIDE, SIDE, 3), numpy.uint8)).save(out, "JPEG", quality=97)
    return out.getvalue()


def test_many_who_send_a_picture_at_the_same_moment_are_all_served(house: House) -> None:
    web, project = house.start_web(), house.project(0)
    process, program = house.started[-1], web.program(project.owner)
    photos, together = [noise(number) for number in range(AT_ONCE)], Barrier(AT_ONCE)

    def send(photo: bytes) -> tuple[int, dict, float]:
        together.wait()
        return web.upload(project, program, "猫", photo)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = list(pool.map(send, photos))
    measured("L2", f"seconds for the 95th of 100 of {AT_ONCE} uploads of {len(photos[0]) / MEGABYTE:.1f} MB at once", late := slowest([took for _status, _said, took in answers], 0.95))
    measured("L2", "MB of the web processes after that", memory := megabytes(children(process.pid)))
    assert Counter(status for status, _said, _took in answers) == {202: AT_ONCE}
    assert late <= MOST_SECONDS and memory <= MOST_MB
    take_in(house)
    assert Image.objects.filter(project=project).count() == AT_ONCE and not Upload.objects.exclude(status=Upload.DONE).exists()
    house.check()


@pytest.mark.skipif(not PROGRAM, reason="nginx is not installed (Debian package nginx)")
def test_several_large_zips_are_taken_in_turn_and_other_pages_do_not_wait(house: House) -> None:
    web, owners = house.start_web(), [house.project(2) for _owner in range(3)]
    programs = [web.program(project.owner) for project in owners]
    person = web.person(owners[0].owner)
    house.start("dispatcher")
    house.start_worker()
    base, content = used(house.data), a_zip()

    def running() -> tuple[int, int]:
        return Upload.objects.filter(status=Upload.RUNNING).count(), used(house.data)

    def page() -> Answer:
        return front.ask("/projects/", **person)

    def send(number: int) -> int:
        project, program = owners[number % 3], programs[number % 3]
        return Sending(front.port, f"/api/v1/projects/{project.id}/uploads", content, "a.zip", front.trust, **program).send(1).status()

    with nginx_before(house.data / "front", web.port) as front, looking(running) as seen, looking(page, PEOPLE) as pages:
        with ThreadPoolExecutor(ZIPS) as pool:
            statuses = list(pool.map(send, range(ZIPS)))
        house.wait(lambda: not Upload.objects.filter(status__in=Upload.LIVE).exists(), 2400)
    disk = (max(bytes_used for _running, bytes_used in seen) - base) / (ZIPS * ZIP_MB * MEGABYTE)
    measured("L3", f"times their size: what {ZIPS} ZIPs of {ZIP_MB} MB took of the disk at most", disk)
    measured("L3", f"seconds for the 99th of 100 of {len(pages)} pages meanwhile", late := slowest([took for _status, took in pages]))
    assert set(statuses) == {202} and {status for status, _took in pages} == {200}
    assert max(running for running, _bytes in seen) <= MOST_UNPACKED and disk <= MOST_DISK and late <= MOST_LATE
    assert Image.objects.count() == 3 + 3 * 4 and not Upload.objects.exclude(status=Upload.DONE).exists()
    house.check()


def a_zip() -> bytes:
    """A picture, and files that are none, which make it large. All send the same one: a project has its picture once."""
    return packed(File("猫/a.jpg", jpeg(9000)), *(File(f"猫/{place}.bin", os.urandom(10 * MEGABYTE), STORED) for place in range(ZIP_MB // 10)))


def used(folder: Path) -> int:
    """Bytes of all files below a folder; some go while they are counted."""
    total = 0
    for place, _folders, names in os.walk(folder):
        for name in names:
            try:
                total += os.lstat(os.path.join(place, name)).st_size
            except FileNotFoundError:
                continue
    return total


def take_in(house: House) -> None:
    """Let a worker do what was taken."""
    house.start("dispatcher")
    house.start_worker()
    house.wait(lambda: not Upload.objects.filter(status__in=Upload.LIVE).exists(), 600)
