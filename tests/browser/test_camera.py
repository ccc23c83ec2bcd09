"""Pictures from a camera: hold a button, and they stream into a label. Real Chromium with the camera that it makes up itself."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.chromium import PHONE, PROGRAM, Visitor, chromium
from tests.machine import Machine, wait_for

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(PROGRAM is None, reason="Chromium is not installed (apt-get install chromium)"),
    pytest.mark.timeout(300),
]
PLAIN = "school.test"  # a name of this machine that is not localhost, so that a page there is not secure
FAKE = ("--use-fake-device-for-media-stream=device-count=2", "--use-fake-ui-for-media-stream")


@pytest.fixture(scope="module")
def machine(tmp_path_factory):
    machine = Machine(tmp_path_factory.mktemp("camera") / "data", ALLOWED_HOSTS=f"127.0.0.1,{PLAIN}").furnished().start_and_wait()
    yield machine
    machine.end()


def visit(browser, machine, host: str = "127.0.0.1", **options) -> Visitor:
    """Somebody with an AI of two labels, who opens the camera."""
    visitor = Visitor(browser, f"http://{host}:{machine.port}", **options)
    page = visitor.make_an_ai("rock", "paper")
    page.get_by_role("button", name="Use the camera").click()
    return visitor


def taken(visitor) -> int:
    """Pictures that the panel says it has taken."""
    return int(re.search(r"\d+|$", visitor.page.locator("[data-count][data-many]").inner_text())[0] or 0)


def hold_until(visitor, count: int) -> None:
    expect(visitor.page.locator("video")).to_have_js_property("paused", False)
    visitor.page.locator("[data-hold]").hover()
    visitor.page.mouse.down()
    wait_for(lambda: taken(visitor) >= count, 30)
    visitor.page.mouse.up()


def in_label(visitor, name: str):
    return visitor.page.locator(".label-row", has=visitor.page.get_by_role("heading", name=name, exact=True)).locator(".pics img")


def test_pictures_stream_into_the_chosen_label_and_the_last_ones_go_again(machine):
    with chromium(*FAKE) as browser:
        visitor = visit(browser, machine)
        page = visitor.page
        page.locator("#capture-label").select_option("paper")
        hold_until(visitor, 12)
        first = taken(visitor)
        expect(in_label(visitor, "paper").first).to_be_visible(timeout=60_000)
        expect(page.locator(".captured img")).to_have_count(8)
        visitor.photograph("camera")
        page.locator("[data-hold]").focus()
        page.keyboard.down("Space")
        wait_for(lambda: taken(visitor) >= first + 3, 30)
        page.keyboard.up("Space")
        more = taken(visitor) - first
        page.get_by_role("button", name=f"Remove the last {more}").click()
        expect(page.locator("[data-count][data-many]")).to_contain_text(f"{first} pictures")
        page.get_by_role("button", name=f"Remove the last {first}").click()
        expect(in_label(visitor, "paper")).to_have_count(0, timeout=60_000)
        page.reload()
        expect(page.locator(".board .big-num")).to_contain_text("0")
        assert visitor.complaints == []


def test_a_phone_chooses_between_its_cameras_by_touch(machine):
    with chromium(*FAKE) as browser:
        visitor = visit(browser, machine, viewport=PHONE, has_touch=True, is_mobile=True)
        page = visitor.page
        choice = page.locator("#capture-camera")
        expect(choice.locator("option")).to_have_count(2)
        choice.select_option(index=1)
        page.locator("[data-hold]").tap()
        expect(page.locator("[data-count][data-many]")).to_have_text(re.compile("[1-9]"))
        visitor.photograph("phone-camera")
        assert visitor.sideways() == 0
        page.get_by_role("button", name="Close").first.click()
        expect(page.locator("video")).to_have_count(0)
        assert visitor.complaints == []


def test_a_page_that_nobody_looks_at_takes_no_pictures(machine):
    with chromium(*FAKE) as browser:
        visitor = visit(browser, machine)
        expect(visitor.page.locator("video")).to_have_js_property("paused", False)
        hide = "(hidden) => { Object.defineProperty(document, 'hidden', { value: hidden, configurable: true }); document.dispatchEvent(new Event('visibilitychange')); }"
        visitor.page.evaluate(hide, True)
        assert visitor.page.evaluate("document.querySelector('video').srcObject") is None
        visitor.page.evaluate(hide, False)
        wait_for(lambda: visitor.page.evaluate("document.querySelector('video').srcObject?.active"), 30)


@pytest.mark.parametrize(
    ("host", "options", "sentence"),
    [
        ("127.0.0.1", ("--use-fake-device-for-media-stream", "--deny-permission-prompts"), "blocked for this page"),
        ("127.0.0.1", ("--use-fake-device-for-media-stream=device-count=0", "--use-fake-ui-for-media-stream"), "No camera was found"),
        (PLAIN, FAKE, "over https"),
    ],
)
def test_why_there_is_no_camera_is_said(machine, host, options, sentence):
    with chromium(f"--host-resolver-rules=MAP {PLAIN} 127.0.0.1", *options) as browser:
        visitor = visit(browser, machine, host)
        expect(visitor.page.locator("[data-trouble]")).to_contain_text(sentence)
        expect(visitor.page.locator("[data-hold]")).not_to_be_visible()
