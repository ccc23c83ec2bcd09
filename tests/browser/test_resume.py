"""A big file, and a line that breaks at 60%: it goes on at 60%. Real server, real Chromium, a real cut."""

import io
import os
import signal
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Picture
from playwright.sync_api import expect

from tests.browser.chromium import PHONE, PROGRAM, Visitor, chromium
from tests.browser.lossy import LossyLine
from tests.machine import wait_for

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(PROGRAM is None, reason="Chromium is not installed (apt-get install chromium)"),
    pytest.mark.timeout(300),
]
PHOTOS = 16
LOST = "Connection lost. Your pictures are safe"


@pytest.fixture
def line(machine):
    line = LossyLine(machine.port)
    yield line
    line.close()


@pytest.fixture(scope="module")
def browser():
    with chromium() as browser:
        yield browser


@pytest.fixture
def visitor(browser, line):
    """Somebody with an AI of two labels, on the other end of the line."""
    visitor = Visitor(browser, f"http://127.0.0.1:{line.port}")
    visitor.make_an_ai("noise", "snow")
    yield visitor
    visitor.context.close()


@pytest.fixture(scope="module")
def photos(tmp_path_factory) -> Path:
    """A ZIP of about 20 MB, all of it pictures: each has a checksum, so a byte too many or too few would be seen."""
    file = tmp_path_factory.mktemp("photos") / "photos.zip"
    numbers = np.random.default_rng(7)
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for number in range(PHOTOS):
            out = io.BytesIO()
            Picture.fromarray(numbers.integers(0, 255, (1000, 1000, 3), np.uint8)).save(out, "JPEG", quality=90)
            archive.writestr(f"{('noise', 'snow')[number % 2]}/{number}.jpg", out.getvalue())
    return file


def cut_at(size: int) -> int:
    return size * 6 // 10 + 1


def choose(visitor, file: Path) -> None:
    visitor.page.locator("#drop input[type=file]").first.set_input_files(file)


def all_taken(visitor) -> None:
    expect(visitor.page.locator("#uploads")).to_contain_text(f"{PHOTOS} pictures taken", timeout=60_000)
    expect(visitor.page.locator("#uploads")).not_to_contain_text("not taken")


def each_byte_once(line: LossyLine, size: int) -> bool:
    """Whether each piece began where what had got through ended, and all of them together are the file."""
    begun = 0
    for piece in line.pieces:
        if piece.offset != begun:
            return False
        begun += piece.bytes
    return begun == size


def test_a_cut_connection_is_waited_for_and_it_goes_on_where_it_was(visitor, line, photos):
    size = photos.stat().st_size
    line.cut_after(cut_at(size))
    choose(visitor, photos)
    expect(visitor.page.locator("[data-says]")).to_contain_text(LOST)
    assert line.is_cut.is_set() and line.through == cut_at(size)
    visitor.photograph("resume-lost")
    line.mend()
    all_taken(visitor)
    assert each_byte_once(line, size)


def test_after_a_reload_the_same_file_goes_on_where_it_was(visitor, line, photos):
    size = photos.stat().st_size
    line.cut_after(cut_at(size), breaks=False)
    choose(visitor, photos)
    wait_for(line.is_cut.is_set, 30)
    visitor.page.reload()
    line.mend()
    page = visitor.page
    wait_for(lambda: page.reload() and page.locator("[data-unfinished]").inner_text().find("60%") >= 0, 30)
    expect(page.locator("[data-unfinished]")).to_contain_text("photos.zip")
    visitor.photograph("resume-again")
    page.locator("[data-again]").set_input_files(photos)
    all_taken(visitor)
    assert each_byte_once(line, size)
    expect(page.locator("[data-unfinished]")).to_have_count(0)
    assert visitor.complaints == []


def test_a_web_process_that_is_killed_at_60_percent_costs_nothing_that_was_written(visitor, line, photos, machine):
    size = photos.stat().st_size
    line.cut_after(cut_at(size), breaks=False)
    choose(visitor, photos)
    wait_for(line.is_cut.is_set, 30)
    line.breaks = True
    for pid in machine.processes("gunicorn"):
        os.kill(pid, signal.SIGKILL)
    wait_for(lambda: machine.readyz()[0] == 200, 30)
    line.mend()
    visitor.page.reload()
    visitor.page.locator("[data-again]").set_input_files(photos)
    all_taken(visitor)
    again = line.pieces[2]  # after the first, which was answered, and the one that was cut
    assert line.pieces[0].bytes <= again.offset <= cut_at(size), "what was answered is never sent again"


def test_pause_and_go_on_and_another_file_is_not_mistaken_for_it(visitor, line, photos, tmp_path):
    page, size = visitor.page, photos.stat().st_size
    line.cut_after(size // 2, breaks=False)
    choose(visitor, photos)
    wait_for(line.is_cut.is_set, 30)
    page.get_by_role("button", name="Pause").click()
    expect(page.locator("[data-says]")).to_have_text("Paused")
    line.mend()
    visitor.photograph("resume-paused")
    other = tmp_path / "photos.zip"
    other.write_bytes(photos.read_bytes()[:-1] + b"x")
    visitor.page.reload()
    page.locator("[data-again]").set_input_files(other)
    expect(page.locator("#toasts")).to_contain_text("another file")
    phone = Visitor(visitor.context.browser, visitor.address, viewport=PHONE, storage_state=visitor.context.storage_state())
    phone.go(page.url)
    phone.photograph("phone-resume")
    assert phone.sideways() == 0
    page.get_by_role("button", name="Discard").click()
    expect(page.locator("[data-unfinished]")).to_have_count(0)
    page.reload()
    expect(page.locator("[data-unfinished]")).to_have_count(0)
