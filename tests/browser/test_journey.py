"""The main job as a person does it: an empty front page, labels, pictures, Train, the curves, an answer. Real server, real training, real Chromium."""

import io
import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from fixtures import samples, stub_server
from tests.browser.chromium import PHONE, PROGRAM, Visitor
from tests.machine import Machine, wait_for

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(PROGRAM is None, reason="Chromium is not installed (apt-get install chromium)"),
    pytest.mark.timeout(400),
]
PER_LABEL = 20


@pytest.fixture(scope="module")
def machine(tmp_path_factory):
    """The real thing; only the search service is a stand-in on loopback, because tests ask nobody else."""
    with stub_server.running() as web:
        machine = Machine(tmp_path_factory.mktemp("journey") / "data", OPENVERSE_URL=web.url, USAGE_SECONDS="1", COLLECT_CONTACT="tests@example.org", OUTGOING_ALLOW="127.0.0.1/32")
        machine.start_and_wait()
        yield machine
        machine.end()


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
    expect(page.locator("label[for=picture][data-with-script]")).to_be_visible()  # the module is there
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
    phone = Visitor(visitor.browser, visitor.address, viewport=PHONE, storage_state=visitor.context.storage_state())
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
    stranger = Visitor(visitor.browser, visitor.address)
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
    run = page.url
    visitor.go("/queue/")
    expect(page.get_by_role("heading", name="1 of your AIs is learning")).to_be_visible(timeout=30_000)
    visitor.photograph("queue")
    visitor.go(run)
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("This run was cancelled")).to_be_visible()


def test_10_others_ask_it_and_guess_against_it(visitor):
    page = visitor.go(visitor.project + "settings")
    card = page.locator("#sharing")
    for choice in ("Everyone", "Some pictures to try"):
        card.get_by_label(choice).check()
    card.get_by_role("button", name="Save").click()
    link = card.locator("#play-link").text_content()
    stranger = visitor.stranger = Visitor(visitor.browser, visitor.address)
    page = stranger.go("/gallery/")
    expect(page.locator(".grid-gallery > li")).to_have_count(1)
    stranger.scroll_through()
    stranger.photograph("18-gallery", whole=False)
    page = stranger.go(link)
    page.locator("[data-examples] button").first.click()
    expect(page.locator("[data-board] .bar")).to_have_count(len(samples.LABELS))
    page.mouse.move(0, 0)
    stranger.scroll_through()
    stranger.photograph("16-play")
    page.get_by_role("link", name="Play", exact=True).click()
    page.get_by_role("button", name="Start").click()
    page.locator("[data-choices] button").first.click()
    expect(page.locator("[data-next]")).to_be_visible()
    stranger.photograph("17-quiz", whole=False)


def test_11_a_key_asks_and_its_use_is_counted(visitor):
    page = visitor.go(visitor.project + "keys/")
    page.get_by_label("What is it for?").fill("My weather robot")
    page.get_by_role("button", name="Make a key").click()
    key, project = page.locator("#plain").text_content(), visitor.project.rstrip("/").rpartition("/")[2]
    for kind in samples.LABELS:
        asked = {"headers": {"Authorization": f"Bearer {key}"}, "multipart": {"image": unseen(kind)}}
        assert visitor.stranger.context.request.post(f"{visitor.address}/api/v1/projects/{project}/predict", **asked).status == 200
    wait_for(lambda: "3 calls in 30 days" in visitor.go(visitor.project + "keys/").content(), 30)
    visitor.photograph("19-keys")


def test_no_page_complained(visitor):
    assert visitor.complaints == [] and visitor.stranger.complaints == []
