"""The number that grows by itself while pictures come in. Real server, real Chromium, real worker."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from fixtures import samples
from tests.browser.chromium import PROGRAM, Visitor, chromium
from tests.machine import Machine

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(PROGRAM is None, reason="Chromium is not installed (apt-get install chromium)"),
    pytest.mark.timeout(300),
]
SECONDS = 90_000  # a busy machine; at rest it takes three


def test_the_number_grows_by_itself_while_pictures_come_in_and_then_is_still(tmp_path):
    machine = Machine(tmp_path / "data")
    machine.furnished().start_and_wait()
    try:
        with chromium() as browser:
            watch(Visitor(browser, f"http://127.0.0.1:{machine.port}"), tmp_path)
    finally:
        machine.end()


def watch(visitor: Visitor, folder: Path) -> None:
    page = visitor.make_an_ai(*samples.LABELS)
    part, asked = page.locator("#instant"), []
    page.on("request", lambda request: asked.append(request.url) if request.url.endswith("/instant") else None)
    for go, (per_label, seed) in enumerate(((6, 0), (10, 500)), 1):
        samples.draw_zip(folder / f"{go}.zip", per_label=per_label, seed=seed)
        page.locator("#drop input[type=file]").first.set_input_files(folder / f"{go}.zip")
        count = len(samples.LABELS) * (6 if go == 1 else 16)
        expect(part).to_contain_text(f"Tried on {count} pictures", timeout=SECONDS)
        expect(part).to_contain_text(re.compile(r"\d+% right already"))
    expect(part.locator(".badge.live")).to_have_count(0, timeout=SECONDS)
    expect(page.locator("#instant-said")).to_contain_text(f"Tried on {count} pictures")
    visitor.photograph("12-instant", whole=False)
    before = len(asked)
    page.wait_for_timeout(3000)
    assert len(asked) == before and not visitor.complaints  # at rest nothing is asked
