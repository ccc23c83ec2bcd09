"""The main job as a person does it: an empty front page, labels, pictures, Train, the curves, an answer. Real server, real training, real Chromium."""

import io
import os
import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from fixtures import samples, stub_server
from tests.browser.chromium import PHONE, PROGRAM, Visitor, chromium
from tests.machine import Machine
from tests.source import ROOT

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(PROGRAM is None, reason="Chromium is not installed (apt-get install chromium)"),
    pytest.mark.timeout(400),
]
SCREENSHOTS = Path(os.environ.get("SCREENSHOTS", ROOT / "test-results" / "screenshots"))
PER_LABEL = 20


@pytest.fixture(scope="module")
def machine(tmp_path_factory):
    """The real thing; only the search service is a stand-in on loopback, because tests ask nobody else."""
    with stub_server.running() as web:
        machine = Machine(tmp_path_factory.mktemp("journey") / "data", OPENVERSE_URL=web.url, COLLECT_CONTACT="tests@example.org", OUTGOING_ALLOW="127.0.0.1/32")
        machine.start_and_wait()
        yield machine
        machine.end()


@pytest.fixture(scope="module")
def visitor(machine):
    with chromium() as browser:
        visitor = Visitor(browser, f"http://127.0.0.1:{machine.port}", SCREENSHOTS)
        visitor.browser = browser
        yield visitor


@pytest.fixture(scope="module")
def sample_zip(tmp_path_factory) -> Path:
    file = tmp_path_factory.mktemp("pictures") / "animals.zip"
    samples.draw_zip(file, per_label=PER_LABEL)
    return file


def unseen(kind: str, number: int = 0) -> dict:
    """A picture that is in no ZIP, as a file to choose."""
    out = io.BytesIO()
    samples.draw(kind, seed=987_654 + number).save(out, "JPEG", quality=92)
    return {"name": f"{kind}-{number}.jpg" if number else f"{kind}.jpg", "mimeType": "image/jpeg", "buffer": out.getvalue()}


def test_1_typed_labels_become_an_ai(visitor):
    visitor.go("/")
    visitor.photograph("1-front")
    page = visitor.make_an_ai(*samples.LABELS)
    for label in samples.LABELS:
        expect(page.get_by_role("heading", name=label, exact=True)).to_be_visible()
    visitor.project = page.url


def test_2_a_zip_fills_the_labels(visitor, sample_zip):
    page = visitor.page
    page.locator("#drop input[type=file]").first.set_input_files(sample_zip)
    total = PER_LABEL * len(samples.LABELS)
    expect(page.locator("#uploads")).to_contain_text(f"{total} pictures taken", timeout=90_000)
    expect(page.locator("#board .big-num")).to_contain_text(str(total))
    expect(page.locator(".label-row img").first).to_be_visible()
    visitor.scroll_through()
    visitor.photograph("2-pictures")


def test_3_training_draws_its_curves(visitor):
    page = visitor.page
    page.locator("#board").get_by_role("link", name="Train").click()
    page.get_by_role("radio", name=re.compile("quick", re.IGNORECASE)).check()
    page.get_by_role("button", name="Train", exact=True).dblclick()
    page.wait_for_url(re.compile(r"/runs/[0-9a-f-]{36}/$"))
    visitor.run = page.url
    expect(page.get_by_role("link", name="Try it")).to_be_visible(timeout=60_000)
    for curve in ("accuracy", "loss"):
        expect(page.locator(f'[data-curve="{curve}"] canvas')).to_be_visible()
    expect(page.locator("#run-head .big-num")).to_have_text(re.compile(r"^\d+%$"))
    visitor.photograph("3-train")


def test_4_it_knows_a_picture_that_it_never_saw(visitor):
    page = visitor.page
    page.get_by_role("link", name="Try it").click()
    right = 0
    for kind in samples.LABELS:
        page.locator("#picture").set_input_files(unseen(kind))
        answer = page.locator("[data-board] [data-answer][data-winner]")
        expect(page.locator("[data-strip] li")).to_have_count(1 + samples.LABELS.index(kind))
        right += answer.get_attribute("data-winner") == kind
    assert right >= len(samples.LABELS) - 1
    page.get_by_role("button", name="Where did it look?").click()
    expect(page.locator("[data-heat]")).to_be_visible()
    visitor.photograph("4-try")
    page.locator("#picture").set_input_files([unseen(kind, number) for number in (1, 2) for kind in samples.LABELS])
    expect(page.locator("#several-done")).to_have_text("6 of 6 answered")
    page.locator("[data-several]").evaluate("part => part.scrollIntoView()")
    visitor.photograph("11-several", whole=False)


def test_5_a_double_click_made_one_run_and_a_reload_shows_the_same(visitor):
    page = visitor.go(visitor.project + "train/")
    expect(page.locator(".run-list > li")).to_have_count(1)
    page = visitor.go(visitor.run)
    expect(page.locator('[data-curve="accuracy"] canvas')).to_be_visible()
    expect(page.get_by_role("link", name="Try it")).to_be_visible()


def test_6_nothing_is_wider_than_a_phone(visitor, machine):
    phone = Visitor(visitor.browser, visitor.address, SCREENSHOTS, viewport=PHONE, storage_state=visitor.context.storage_state())
    for name, path in {"front": "/", "pictures": visitor.project, "train": visitor.run, "try": visitor.project + "try/"}.items():
        phone.go(path)
        phone.photograph(f"phone-{name}")
        assert phone.sideways() == 0, f"{name} has to be scrolled sideways"
    assert phone.complaints == []


def test_7_japanese_is_one_press_away(visitor):
    page = visitor.go("/")
    page.get_by_role("button", name="日本語").first.click()
    expect(page.locator("html")).to_have_attribute("lang", "ja")
    visitor.photograph("front-ja")
    page.get_by_role("button", name="English").first.click()
    expect(page.locator("html")).to_have_attribute("lang", "en")


def test_8_another_person_finds_nothing(visitor):
    stranger = Visitor(visitor.browser, visitor.address, SCREENSHOTS)
    for path in (visitor.project, visitor.run, visitor.project + "try/"):
        answer = stranger.page.goto(path)
        assert answer.status == 404


def test_9_pictures_are_collected_for_typed_labels_and_learned(visitor):
    page = visitor.make_an_ai("cat", "rabbit")
    page.get_by_role("button", name="Collect for me").click()
    for panel in (page.locator(".collection").nth(0), page.locator(".collection").nth(1)):
        expect(panel).to_contain_text("Collected", timeout=90_000)
        expect(panel).to_contain_text("50 / 50")
    page.locator("#board").get_by_role("link", name="Train").click()
    page.get_by_role("radio", name=re.compile("balanced", re.IGNORECASE)).last.check()  # long enough to be cancelled
    page.get_by_role("button", name="Train", exact=True).click()
    expect(page.get_by_role("button", name="Cancel")).to_be_visible()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("This run was cancelled")).to_be_visible()


def test_no_page_complained(visitor):
    assert visitor.complaints == []
