"""Fix and flip: a wrong answer is put right, a quick training learns it by itself, and the page says which other answers changed. Real server, training and Chromium."""

import io
import re
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from fixtures import samples
from tests.browser.chromium import PHONE, PROGRAM, Visitor, chromium
from tests.machine import Machine

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(PROGRAM is None, reason="Chromium is not installed (apt-get install chromium)"),
    pytest.mark.timeout(400),
]
SECONDS = 90_000  # a busy machine; at rest it takes about five
PER_LABEL = {"cat": 10, "dog": 10, "rabbit": 5}  # so few rabbits that it does not know every one


def test_a_wrong_answer_is_put_right_and_others_change_with_it(tmp_path):
    machine = Machine(tmp_path / "data")
    machine.furnished().start_and_wait()
    try:
        with chromium() as browser:
            visitor = Visitor(browser, f"http://127.0.0.1:{machine.port}")
            train(visitor, tmp_path / "animals.zip")
            keep_answers(visitor)
            put_right(visitor)
            see_what_was_kept(visitor)
            take_back(visitor)
            phone = Visitor(browser, visitor.address, viewport=PHONE, storage_state=visitor.context.storage_state(), color_scheme="dark")
            for name in ("try", "answers", "settings"):
                phone.go(f"{visitor.project}{name}{'' if name == 'settings' else '/'}")
                phone.photograph(f"phone-answers-{name}")
                assert phone.sideways() == 0, f"{name} has to be scrolled sideways"
            assert visitor.complaints == [] and phone.complaints == []
    finally:
        machine.end()


def train(visitor: Visitor, file: Path) -> None:
    with zipfile.ZipFile(file, "w") as archive:
        for kind, count in PER_LABEL.items():
            for number in range(count):
                archive.writestr(f"{kind}/{number}.jpg", samples.jpeg(kind, number))
    page = visitor.make_an_ai(*samples.LABELS)
    visitor.project = page.url
    page.locator("#drop input[type=file]").first.set_input_files(file)
    expect(page.locator("#uploads")).to_contain_text(f"{sum(PER_LABEL.values())} pictures taken", timeout=SECONDS)
    page = visitor.go(visitor.project + "train/")
    page.get_by_role("radio", name=re.compile("quick", re.IGNORECASE)).check()
    page.get_by_role("button", name="Train", exact=True).click()
    expect(page.get_by_role("link", name="Try it")).to_be_visible(timeout=SECONDS)


def keep_answers(visitor: Visitor) -> None:
    page = visitor.go(visitor.project + "try/")
    expect(page.get_by_text("kept nowhere")).to_be_visible()
    page = visitor.go(visitor.project + "settings")
    page.get_by_label("Keep them for").select_option("30 days")
    page.locator("section", has=page.get_by_role("heading", name="Keep answers")).get_by_role("button", name="Save").click()
    expect(page.get_by_text("0 answers kept")).to_be_visible()


def picture(quality: int) -> dict:
    """One and the same rabbit as a file to choose, of more bytes or fewer."""
    out = io.BytesIO()
    samples.draw("rabbit", seed=987_662).save(out, "JPEG", quality=quality)
    return {"name": f"rabbit-{quality}.jpg", "mimeType": "image/jpeg", "buffer": out.getvalue()}


def ask(page: Page, quality: int, number: int) -> None:
    page.locator("#picture").set_input_files(picture(quality))
    expect(page.locator("[data-strip] > li")).to_have_count(number, timeout=SECONDS)


def kept(visitor: Visitor) -> None:
    """Wait until both answers are written; that happens beside the answering."""
    page = visitor.context.new_page()
    for _look in range(100):
        page.goto(visitor.project + "answers/")
        if page.locator(".kept > li").count() == 2:
            break
        page.wait_for_timeout(100)
    page.close()


def put_right(visitor: Visitor) -> None:
    page = visitor.go(visitor.project + "try/")
    expect(page.get_by_text("are kept for 30 days")).to_be_visible()
    for number, quality in enumerate((90, 60), 1):
        ask(page, quality, number)
    kept(visitor)
    visitor.said = page.locator("[data-answer] .answer-name").inner_text()
    assert visitor.said != "rabbit"
    page.get_by_text("This is wrong").click()
    visitor.photograph("answers-wrong")
    page.locator("[data-board]").get_by_role("button", name="rabbit", exact=True).click()
    card = page.locator("[data-fixes] article").first
    expect(card).to_contain_text("→ is really rabbit")
    expect(card).to_contain_text("Now it says rabbit", timeout=SECONDS)
    expect(card).to_contain_text("answers from now on")
    expect(card).to_contain_text("Asked again about 1 picture of this page: 1 answer changed.", timeout=SECONDS)
    expect(card.locator(".flips img").last).to_have_attribute("src", re.compile("^blob:"))
    expect(card).to_contain_text("kept picture")
    visitor.scroll_through()
    card.evaluate("card => scrollTo(0, card.offsetTop - 100)")
    visitor.photograph("14-put-right", whole=False)


def see_what_was_kept(visitor: Visitor) -> None:
    page = visitor.go(visitor.project + "answers/")
    expect(page.locator(".kept > li")).to_have_count(2)
    expect(page.locator(".kept img").first).not_to_have_js_property("naturalWidth", 0)
    visitor.photograph("answers-kept")
    page.locator(".kept").get_by_role("button", name="Delete").first.click()
    expect(page.locator(".kept > li")).to_have_count(1)


def take_back(visitor: Visitor) -> None:
    page = visitor.go(visitor.project + "try/")
    page.locator("[data-fixes]").get_by_role("button", name="Undo").click()
    expect(page.locator("[data-fixes] article").first).to_contain_text("Taken back")
    ask(page, 60, 1)
    expect(page.locator("[data-answer] .answer-name")).to_have_text(visitor.said)  # the model before answers again
