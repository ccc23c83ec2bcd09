"""The map of all pictures as a person uses it, by mouse, keys and finger: what the page shows, the server has. Real server, worker and Chromium."""

import json
import re

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from fixtures import samples
from tests.browser.chromium import PHONE, PROGRAM, Visitor

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(PROGRAM is None, reason="Chromium is not installed (apt-get install chromium)"),
    pytest.mark.timeout(300),
]
EACH = 8
MANY = 20_000
DRAWN_MS = 60  # half of all frames with MANY pictures, while other things run on the same cores; in peace it is 2
SECONDS = 90_000  # a busy machine; at rest it takes about five
PAN = """async () => {
    const spent = [], ask = window.requestAnimationFrame.bind(window);
    window.requestAnimationFrame = (callback) => ask((now) => { const began = performance.now(); callback(now); spent.push(performance.now() - began); });
    const canvas = document.querySelector("[data-canvas]");
    canvas.focus();
    for (let i = 0; i < 40; i++) {
        canvas.dispatchEvent(new KeyboardEvent("keydown", { key: i % 2 ? "ArrowLeft" : "ArrowRight", shiftKey: true, bubbles: true, cancelable: true }));
        await new Promise((next) => ask(() => ask(next)));
    }
    return spent.sort((a, b) => a - b)[Math.floor(spent.length / 2)];
}"""


@pytest.fixture(scope="module")
def drawn(visitor, tmp_path_factory) -> Visitor:
    """A guest with an AI of drawn animals."""
    file = tmp_path_factory.mktemp("pictures") / "animals.zip"
    samples.draw_zip(file, per_label=EACH)
    page = visitor.make_an_ai(*samples.LABELS)
    visitor.project = page.url
    page.locator("#drop input[type=file]").first.set_input_files(file)
    expect(page.locator("#uploads")).to_contain_text(f"{EACH * len(samples.LABELS)} pictures taken", timeout=SECONDS)
    return visitor


def draw_around(page: Page) -> None:
    """Around everything that is on the map."""
    page.get_by_role("button", name="Draw around").click()
    canvas = page.locator("[data-canvas]")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    left, top, right, bottom = box["x"] + 12, box["y"] + 12, box["x"] + box["width"] - 12, box["y"] + box["height"] - 12  # its corners are round
    page.mouse.move(left, top)
    page.mouse.down()
    for x, y in ((right, top), (right, bottom), (left, bottom)):
        page.mouse.move(x, y, steps=3)
    page.mouse.up()


def statuses(visitor: Visitor) -> list[str]:
    pictures = visitor.context.request.get(f"{visitor.project}review/pictures").json()["pictures"]
    return [one["status"] for one in pictures]


def count(page: Page, name: str):
    return page.locator("[data-legend] button", has_text=name).locator("[data-count]")


def test_pictures_that_somebody_draws_around_are_set_aside_and_come_back(drawn):
    all_of_them = EACH * len(samples.LABELS)
    page = drawn.go(f"{drawn.project}map/")
    page.get_by_role("button", name="Lay out the map").click()
    expect(page.get_by_role("button", name="Lay out anew")).to_be_visible(timeout=SECONDS)
    expect(page.locator("#map-regions")).to_contain_text("Look at")

    draw_around(page)
    expect(page.locator("[data-number]")).to_have_text(f"{all_of_them} chosen")
    expect(page.locator("[data-says]")).to_have_text(f"{all_of_them} chosen")
    assert page.locator("[data-list] li").count() == min(24, all_of_them)
    drawn.photograph("22-map", whole=False)
    page.locator("[data-list] button").first.click()
    expect(page.locator("[data-number]")).to_have_text(f"{all_of_them - 1} chosen")

    page.get_by_role("button", name="Set aside", exact=True).click()
    expect(count(page, "Set aside")).to_have_text(str(all_of_them - 1))
    expect(page.locator("#toasts")).to_contain_text(f"Set {all_of_them - 1} pictures aside")
    wait_until(page, lambda: statuses(drawn).count("set_aside") == all_of_them - 1)
    page.locator("#toasts").get_by_role("button", name="Undo").click()
    expect(count(page, "Set aside")).to_have_text("0")
    wait_until(page, lambda: statuses(drawn).count("ready") == all_of_them)
    assert drawn.complaints == []


def test_by_keys_alone_pictures_get_another_label(drawn):
    page = drawn.go(f"{drawn.project}map/")
    says = page.locator("[data-says]")
    expect(page.locator("[data-view]")).to_be_visible()
    page.locator("[data-canvas]").focus()
    page.keyboard.press("ArrowRight")
    expect(says).to_have_text(re.compile(r"^(cat|dog|rabbit), not chosen$"))
    page.keyboard.press("Enter")
    expect(says).to_contain_text("First corner")
    page.keyboard.press("Escape")
    page.keyboard.press("Space")
    expect(says).to_have_text(re.compile(r"^(cat|dog|rabbit), chosen. 1 chosen$"))
    name = says.inner_text().split(",")[0]
    other = next(label for label in samples.LABELS if label != name)
    page.get_by_label("Label to move to").select_option(other)
    page.get_by_role("button", name="Move there").click()
    expect(count(page, other)).to_have_text(str(EACH + 1))
    expect(page.locator("[data-canvas]")).to_be_focused()
    page.keyboard.press("Control+z")
    expect(count(page, other)).to_have_text(str(EACH))
    page.locator("[data-legend] button", has_text=name).click()  # hidden pictures are not chosen
    page.locator("[data-canvas]").focus()
    page.keyboard.press("Control+a")
    expect(page.locator("[data-number]")).to_have_text(f"{2 * EACH} chosen")
    assert drawn.complaints == []


def test_20000_pictures_move_smoothly_and_a_phone_shows_them_too(drawn):
    page = drawn.go(f"{drawn.project}map/")
    labels = [int(one["id"][:8], 16) for one in json.loads(page.locator("#map-labels").text_content())]
    draw = np.random.default_rng(0)
    columns = [draw.integers(0, 256, 16 * MANY, np.uint8), draw.choice(labels, MANY).astype("<u4"), draw.integers(0, 65536, 2 * MANY).astype("<u2"), np.zeros(2 * MANY, "<u2")]
    phone = Visitor(drawn.browser, drawn.address, viewport=PHONE, storage_state=drawn.context.storage_state(), color_scheme="dark", has_touch=True)
    for visitor in (drawn, phone):
        visitor.context.route("**/map/points", lambda route: route.fulfill(body=b"".join(column.tobytes() for column in columns)))
        visitor.context.route("**/thumb.jpg", lambda route: route.fulfill(body=samples.jpeg("cat", 0), content_type="image/jpeg"))
        page = visitor.go(f"{drawn.project}map/")
        expect(page.locator("[data-view]")).to_be_visible()
        assert page.evaluate(PAN) < DRAWN_MS
        assert visitor.sideways() == 0
    draw_around(page)
    expect(page.locator("[data-number]")).to_have_text("20,000 chosen")
    phone.photograph("phone-map", whole=False)
    assert phone.complaints == []


def wait_until(page: Page, is_so) -> None:
    for _look in range(300):
        if is_so():
            return
        page.wait_for_timeout(50)
    raise AssertionError("not within 15 s")
