"""Collecting as a person does it: a word with two meanings is asked about, what a service says is shown, other words are offered. Real server, real Chromium."""

import re
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import expect

from fixtures import stub_answers, stub_server
from tests.browser.chromium import PHONE, PROGRAM, Visitor, chromium
from tests.machine import Machine

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(PROGRAM is None, reason="Chromium is not installed (apt-get install chromium)"),
    pytest.mark.timeout(400),
]


@pytest.fixture(scope="module")
def web():
    with stub_server.running() as web:
        web.total = 12
        yield web


@pytest.fixture(scope="module")
def machine(tmp_path_factory, web):
    """The real thing; the search services are stand-ins on loopback."""
    settings = stub_answers.settings(web.url) | {"COLLECT_CONTACT": "tests@example.org", "OUTGOING_ALLOW": "127.0.0.1/32"}
    machine = Machine(tmp_path_factory.mktemp("collect") / "data", **settings)
    machine.furnished().start_and_wait()
    yield machine
    machine.end()


@pytest.fixture(scope="module")
def visitor(machine):
    with chromium() as browser:
        visitor = Visitor(browser, f"http://127.0.0.1:{machine.port}", timezone_id="Asia/Tokyo")
        visitor.browser = browser
        page = visitor.make_an_ai("crane", "猫")
        visitor.project = page.url
        yield visitor


def test_1_one_press_collects_what_is_clear_and_asks_which_crane(visitor, web):
    page = visitor.page
    web.faults["openverse"], web.retry_after = "429", 3600
    page.get_by_role("button", name="Collect for me").click()
    expect(page.get_by_text("“crane” can mean several things")).to_be_visible()
    expect(page.locator(".collection")).to_contain_text("47 / 50", timeout=90_000)  # twelve of each service that may be asked, less what is no picture
    expect(page.get_by_role("group", name="the bird").get_by_role("button")).to_have_count(2)
    visitor.photograph("7-collect", whole=False)


def test_2_the_answer_is_collected_and_services_say_how_it_went(visitor, web):
    page = visitor.page
    page.get_by_role("button", name="crane bird", exact=True).click()
    panel = page.locator(".collection", has_text="crane bird")
    expect(panel).to_contain_text("Only", timeout=120_000)
    expect(panel).to_contain_text(re.compile(r"Openverse asks for a pause; it can be asked again from \d\d:\d\d on\."))
    said = panel.locator("time").first
    assert said.text_content() == datetime.fromisoformat(said.get_attribute("datetime")).astimezone(ZoneInfo("Asia/Tokyo")).strftime("%H:%M")
    visitor.scroll_through()
    visitor.photograph("8-collected", whole=False)


def test_3_other_words_are_offered_after_too_few_and_by_keyboard(visitor):
    page = visitor.page
    page.locator(".collection", has_text="crane bird").get_by_role("link", name="Suggest other words").press("Enter")
    expect(page.get_by_text("“crane” can mean several things")).to_be_visible()
    page.get_by_label("Words to look up").first.fill("dog")
    page.get_by_label("Words to look up").first.press("Enter")
    expect(page.get_by_role("button", name="puppy", exact=True)).to_be_visible()


def test_4_on_a_phone_nothing_is_wider_than_the_page(visitor):
    page = visitor.page
    page.set_viewport_size(PHONE)
    assert visitor.sideways() == 0
    visitor.photograph("phone-collect")


def test_5_without_scripts_the_question_is_a_page(visitor):
    plain = Visitor(visitor.browser, visitor.address, java_script_enabled=False, storage_state=visitor.context.storage_state())
    page = plain.go(visitor.project)
    page.get_by_role("button", name="Collect pictures of crane from the web").click()
    page.get_by_role("button", name="tower crane", exact=True).click()
    page.wait_for_url(re.compile(r"/collections/[0-9a-f-]{36}/$"))
    expect(page.locator(".collection")).to_contain_text("tower crane")


def test_no_page_complained(visitor):
    assert visitor.complaints == []
