"""What somebody without an account does with the AIs of others: search the gallery, play by keyboard, begin a version. Real server, real worker, real Chromium."""

import re
import subprocess
import sys

import pytest
from playwright.sync_api import expect

from tests.browser.chromium import PHONE, PROGRAM, Visitor
from tests.source import ROOT

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(PROGRAM is None, reason="Chromium is not installed (apt-get install chromium)"),
    pytest.mark.timeout(300),
]
SHARE = """
import django
django.setup()
from webapp.accounts.models import User
from webapp.sharing.tests.shared import share_colours
someone = User.objects.create_user("someone@example.org")
for name in ("いろあて", "Colours of the sea"):
    share_colours(someone, name)
"""


@pytest.fixture(scope="module")
def machine(machine):
    """With two AIs that somebody shares."""
    subprocess.run([sys.executable, "-c", SHARE], cwd=ROOT, env=machine.environment | {"DJANGO_SETTINGS_MODULE": "webapp.settings"}, check=True, timeout=60)
    return machine


def test_1_the_gallery_is_searched_in_japanese(visitor):
    page = visitor.go("/")
    page.get_by_role("navigation").get_by_role("link", name="Gallery").click()
    expect(page.locator(".grid-gallery > li")).to_have_count(2)
    page.get_by_role("searchbox").fill("イロ")
    page.keyboard.press("Enter")
    expect(page.locator(".grid-gallery > li")).to_have_count(1)
    visitor.photograph("gallery")
    page.get_by_role("link", name="いろあて").click()
    page.get_by_role("link", name="Play", exact=True).click()


def test_2_a_game_is_played_by_keyboard_alone(visitor):
    page = visitor.page
    expect(page.get_by_role("button", name="Start")).to_be_focused()
    page.keyboard.press("Enter")
    for number in range(1, 11):
        expect(page.get_by_text(f"Picture {number} of 10")).to_be_visible()
        expect(page.get_by_role("heading", name="What is this?")).to_be_visible()
        expect(page.locator("[data-clock]")).to_have_text(re.compile(r"\d\.\d s"))
        page.keyboard.press(str(number % 3 + 1))
        expect(page.get_by_text("It is ", exact=False)).to_be_visible()
        expect(page.locator("[data-next]")).to_be_focused()
        page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="The pictures")).to_be_visible()
    page.get_by_label("Put your game on the list?").fill("みさき")
    page.keyboard.press("Enter")
    expect(page.get_by_role("rowheader", name="みさき")).to_be_visible()
    visitor.photograph("quiz-end")
    page.get_by_role("button", name="Take みさき off the list").click()
    expect(page.get_by_role("rowheader", name="みさき")).to_have_count(0)


def test_3_a_version_begins_with_labels_and_pictures(visitor):
    page = visitor.page
    page.locator(".crumb").click()
    page.get_by_role("link", name="Make my version").click()
    expect(page.get_by_role("checkbox", name="12 pictures")).to_be_checked()
    page.get_by_role("button", name="Make my version").click()
    expect(page.locator("#board .big-num")).to_contain_text("12", timeout=60_000)
    expect(page.get_by_text("Your version of")).to_be_visible()


def test_4_on_a_phone_all_fits_and_nothing_complains(visitor):
    phone = Visitor(visitor.browser, visitor.address, viewport=PHONE)
    page = phone.go("/gallery/?order=played")
    phone.photograph("phone-gallery")
    assert phone.sideways() == 0
    page.locator(".tile h3 a").first.click()
    page.get_by_role("link", name="Play", exact=True).click()
    page.get_by_role("button", name="Start").click()
    expect(page.locator("[data-clock]")).to_have_text(re.compile(r"\d\.\d s"))
    phone.photograph("phone-quiz", whole=False)
    assert phone.sideways() == 0
    assert page.locator("[data-choices] button").last.bounding_box()["y"] < PHONE["height"], "all choices are in view"
    page.locator("[data-choices] button").first.click()
    expect(page.locator("[data-next]")).to_be_in_viewport()
    phone.photograph("phone-quiz-answer", whole=False)
    assert visitor.complaints + phone.complaints == []
