"""A closer look at a run as a person takes it: a number of the table, its pictures, a mistake put right and back, where it looked. Real training, real Chromium."""

import re
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import expect

from fixtures import samples
from tests.browser.chromium import PHONE, PROGRAM, Visitor

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(PROGRAM is None, reason="Chromium is not installed (apt-get install chromium)"),
    pytest.mark.timeout(400),
]
LEARNED, TESTED = 12, 5  # pictures of each label
FIRST, SECOND = samples.LABELS[:2]


@pytest.fixture(scope="module")
def mislabelled_zip(tmp_path_factory) -> Path:
    """Drawn animals with a split of their own; in the test pictures, one of the first kind lies among the second."""
    file = tmp_path_factory.mktemp("pictures") / "animals.zip"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for kind in samples.LABELS:
            for number in range(LEARNED + TESTED):
                part = "train" if number < LEARNED else "val"
                archive.writestr(f"{part}/{kind}/{kind}-{number}.jpg", samples.jpeg(kind, number))
        archive.writestr(f"val/{SECOND}/odd.jpg", samples.jpeg(FIRST, 4711))
    return file


@pytest.fixture(scope="module")
def visitor(visitor, mislabelled_zip):
    """A guest whose quick run has ended."""
    page = visitor.make_an_ai(*samples.LABELS)
    page.locator("#drop input[type=file]").first.set_input_files(mislabelled_zip)
    expect(page.locator("#uploads")).to_contain_text(f"{len(samples.LABELS) * (LEARNED + TESTED) + 1} pictures taken", timeout=90_000)
    page.locator("#board").get_by_role("link", name="Train").click()
    page.get_by_role("radio", name=re.compile("quick", re.IGNORECASE)).check()
    page.get_by_role("button", name="Train", exact=True).click()
    page.wait_for_url(re.compile(r"/runs/[0-9a-f-]{36}/$"))
    expect(page.get_by_role("link", name="Look closer")).to_be_visible(timeout=90_000)
    page.get_by_role("link", name="Look closer").click()
    page.wait_for_url(re.compile(r"/evaluation/$"))
    visitor.closer = page.url
    return visitor


def mistake(visitor):
    """The card of the mislabelled picture in the list of mistakes."""
    return visitor.page.locator("ul.cases").last.locator(".case").filter(has_text=f"It is {FIRST}").first


def test_1_a_number_of_the_table_shows_its_pictures_by_mouse_and_by_keyboard(visitor):
    page = visitor.page
    page.get_by_role("link", name=f"{SECOND}, called {FIRST}: 1 picture").click()
    expect(page.locator("#cell .case")).to_have_count(1)
    expect(page.locator("#cell img").first).to_have_js_property("complete", True)
    right = page.get_by_role("link", name=re.compile(f"^{FIRST}, named right"))
    right.focus()
    right.press("Enter")
    expect(page.locator("#cell .case")).to_have_count(int(right.text_content()))
    expect(right).to_have_attribute("aria-current", "true")


def test_2_where_it_looked_is_shown_for_the_answer_and_for_the_label(visitor):
    card = mistake(visitor)
    button = card.get_by_role("button", name="Where did it look?")
    button.focus()
    button.press("Space")
    heat = card.locator(".heat .over")
    expect(heat).to_have_count(2)
    for one in (heat.first, heat.last):
        expect(one).to_have_js_property("complete", True)
        assert one.evaluate("image => image.naturalWidth") > 100
    visitor.scroll_through()
    visitor.photograph("evaluation")
    visitor.page.locator("#mistakes").evaluate("heading => heading.scrollIntoView()")
    visitor.photograph("9-evaluation", whole=False)
    button.click()
    expect(heat).to_have_count(0)


def test_3_a_mistake_is_set_aside_and_taken_back(visitor):
    page, card = visitor.page, mistake(visitor)
    card.get_by_role("button", name="Set aside").click()
    expect(page.get_by_role("button", name="Put back")).to_be_focused()
    expect(page.get_by_text("learns what you changed at the next training")).to_be_visible()
    page.locator(".toast").get_by_role("button", name="Undo").click()
    expect(page.get_by_role("button", name="Put back")).to_have_count(0)
    expect(page.get_by_role("link", name="Train again")).to_have_count(0)
    expect(card.get_by_role("button", name="Set aside")).to_be_visible()


def test_4_a_mistake_gets_its_right_label_and_that_is_still_so_after_a_reload(visitor):
    page = visitor.page
    mistake(visitor).get_by_role("button", name=f"It is {FIRST}").click()
    expect(page.locator(".case.changed").first).to_contain_text(f"Now {FIRST}")
    page.reload()
    expect(page.locator(".case.changed").first).to_contain_text(f"Now {FIRST}")
    expect(page.get_by_role("link", name="Train again")).to_be_visible()


def test_5_the_scores_sort(visitor):
    page = visitor.page
    page.get_by_role("link", name="Recall").click()
    expect(page.locator(".scores th[aria-sort=ascending]")).to_contain_text("Recall")
    recalls = [int(text.strip("% ")) for text in page.locator(".scores tbody td:nth-of-type(2)").all_text_contents()]
    assert recalls == sorted(recalls) and recalls[0] < 100


def test_6_without_javascript_it_is_all_links_and_forms(visitor):
    plain = Visitor(visitor.browser, visitor.address, java_script_enabled=False, viewport=PHONE, storage_state=visitor.context.storage_state())
    page = plain.go(visitor.closer)
    page.get_by_role("link", name=re.compile(f"^{SECOND}, called {FIRST}")).click()
    page.locator("#cell").get_by_role("button", name="Where did it look?").click()
    expect(page.locator("#look .heat .over")).to_have_count(2)
    page.locator("ul.cases").last.get_by_role("button", name=f"It is {SECOND}").first.click()
    expect(page).to_have_url(re.compile(r"/evaluation/"))
    expect(page.locator(".toast")).to_contain_text("Moved 1 picture")
    page.locator(".toast").get_by_role("button", name="Undo").click()
    expect(page.locator(".case.changed").first).to_contain_text(f"Now {FIRST}")
    assert plain.complaints == []


def test_7_on_a_phone_nothing_is_wider_than_the_window(visitor):
    phone = Visitor(visitor.browser, visitor.address, viewport=PHONE, storage_state=visitor.context.storage_state())
    page = phone.go(visitor.closer)
    page.get_by_role("link", name=re.compile(f"^{FIRST}, named right")).click()
    expect(page.locator("#cell .case").first).to_be_visible()
    phone.photograph("phone-evaluation")
    assert phone.sideways() == 0
    assert phone.complaints == []


def test_no_page_complained(visitor):
    assert visitor.complaints == []
