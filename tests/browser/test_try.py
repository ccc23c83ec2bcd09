"""Asking as a person does it: several pictures and their file, one from the web, the slider, where it looked. Real server, real model of three colours, real Chromium."""

import csv

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from playwright.sync_api import expect

from fixtures import stub_server
from tests.browser.chromium import PHONE, PROGRAM, Visitor, chromium
from webapp.accounts.models import User
from webapp.core import jobs
from webapp.projects.models import Project
from webapp.serving.models import Model
from webapp.serving.tests.small import CURVE, coloured, published
from webapp.training.models import Run

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(PROGRAM is None, reason="Chromium is not installed (apt-get install chromium)"),
    pytest.mark.timeout(120),
    pytest.mark.django_db(transaction=True),
]
LABELS = ["red", "green", "=blue"]  # a spreadsheet would take the last one for a formula


@pytest.fixture(scope="module")
def browser():
    with pytest.MonkeyPatch.context() as patch, chromium() as browser:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")  # Playwright runs a loop in the thread in which rows are made and looked at here
        yield browser


@pytest.fixture
def visitor(browser, live_server, tmp_path):
    """The owner of an AI that tells three colours apart, on the page that asks it."""
    owner = User.objects.create_user("alice@example.org", "correct horse", is_guest=False)
    project = Project.objects.create(owner=owner, name="Colours")
    published(jobs.claim(Run, Run.objects.create(project=project).id, "one"), tmp_path / "bundle", LABELS)
    Run.objects.update(evaluation={"accuracy": 0.9, "unknown": CURVE})
    client = Client()
    client.force_login(owner, backend=settings.AUTHENTICATION_BACKENDS[0])
    visitor = Visitor(browser, live_server.url, viewport=PHONE)
    name = settings.SESSION_COOKIE_NAME
    visitor.context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": live_server.url}])
    visitor.go(reverse("serving:try", args=[project.id]))
    yield visitor
    visitor.context.close()


def file(name: str, colour: str) -> dict:
    kind = "PNG" if name.endswith("png") else "JPEG"
    return {"name": name, "mimeType": f"image/{kind.lower()}", "buffer": coloured(colour, kind)}


PASTE = """text => {
    const clipboardData = new DataTransfer();
    clipboardData.setData("text/plain", text);
    document.body.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true }));
}"""
DROP = """form => {
    const dataTransfer = new DataTransfer();
    for (const name of ["a.jpg", "b.jpg"]) dataTransfer.items.add(new File(["no picture"], name, { type: "image/jpeg" }));
    form.dispatchEvent(new DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true }));
}"""
BROKEN = {"name": "broken.jpg", "mimeType": "image/jpeg", "buffer": b"no picture"}


def choose(visitor, *files: dict):
    visitor.page.locator("#picture").set_input_files(list(files))
    return visitor.page.locator("[data-lines] tr")


def test_several_pictures_get_a_line_each_and_a_file_that_no_spreadsheet_calculates_with(visitor):
    page = visitor.page
    lines = choose(visitor, file("=1+1.jpg", "red"), file("a.jpg", "lime"), file("b.jpg", "blue"), file("odd.png", "white"), BROKEN)
    expect(page.locator("#several-done")).to_have_text("5 of 5 done, 1 of them without an answer")
    assert [text.split()[0] for text in lines.locator("[data-said]").all_text_contents()] == ["red", "green", "=blue", "None", "This"]
    with page.expect_download() as download:
        page.get_by_role("button", name="Download as CSV").click()
    head, first, *_others, odd, broken = csv.reader(download.value.path().read_text("utf-8-sig").splitlines())
    assert head == ["file", "answer", "none_of_these", "confidence", "problem", "red", "green", "'=blue"]
    assert first == ["'=1+1.jpg", "red", "", "1.0000", "", "1.0000", "0.0000", "0.0000"]
    assert odd[1:3] == ["", "yes"] and broken[4].startswith("This is not")
    assert visitor.sideways() == 0


def test_the_file_is_the_same_without_javascript(visitor, browser):
    plain = Visitor(browser, visitor.address, java_script_enabled=False, storage_state=visitor.context.storage_state())
    files, written = [file("a, b.jpg", "red"), file("odd.png", "white"), BROKEN], []
    for one in (visitor, plain):
        page = one.go(visitor.page.url)
        page.locator("#picture").set_input_files(files)
        if one is plain:
            page.get_by_role("button", name="Ask").first.click()
        with page.expect_download() as download:
            page.get_by_role("button", name="Download as CSV").click()
        written.append(download.value.path().read_bytes())
    assert written[0] == written[1] and b'"a, b.jpg",red,,1.0000' in written[0]


def test_a_line_shows_its_answer_on_the_board_by_keyboard_and_the_table_can_be_stopped_and_goes_on(visitor):
    page = visitor.page
    page.route("**/try/", lambda route: None)  # the server is slow
    lines = choose(visitor, *(file(f"{number}.jpg", "red") for number in range(6)))
    expect(lines.filter(has_text="being asked")).to_have_count(3)
    page.get_by_role("button", name="Stop").click()
    expect(lines.filter(has_text="waiting")).to_have_count(6)
    page.unroute("**/try/")
    expect(page.get_by_role("button", name="Go on")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#several-done")).to_have_text("6 of 6 answered")
    lines.nth(4).get_by_role("button").focus()
    page.keyboard.press("Enter")
    expect(page.locator("[data-board] [data-answer]")).to_have_attribute("data-winner", "red")
    expect(page.locator("[data-preview]")).to_have_attribute("title", "4.jpg")


def test_a_picture_from_the_web_is_brought_and_asked(visitor):
    page = visitor.page
    with stub_server.running() as web:
        page.get_by_label("Or the address of a picture").fill(f"{web.url}/pictures/original/cat/1.jpg")
        page.keyboard.press("Enter")
        expect(page.locator("[data-board] [data-answer] .bar")).to_have_count(3)
        expect(page.locator("[data-preview]")).to_have_attribute("title", "1.jpg")
        page.evaluate(PASTE, f"{web.url}/pictures/original/cat/2.jpg")
        expect(page.locator("[data-preview]")).to_have_attribute("title", "2.jpg")
        page.get_by_label("Or the address of a picture").fill("http://169.254.169.254/cat.jpg")
        page.keyboard.press("Enter")
        expect(page.locator("[data-board]")).to_contain_text("This address could not be fetched")


def test_what_is_dropped_is_asked_about_and_what_is_no_picture_is_told_so(visitor):
    page = visitor.page
    page.locator("[data-try]").evaluate(DROP)
    expect(page.locator("#several-done")).to_have_text("2 of 2 done, 2 of them without an answer")
    expect(page.locator("[data-lines] tr").first).to_contain_text("This is not a JPG or PNG picture")
    page.get_by_role("button", name="Clear").click()
    expect(page.locator("[data-several]")).to_be_hidden()
    expect(page.locator("#picture")).to_be_focused()


def test_the_slider_acts_at_once_and_is_saved_without_losing_the_answers(visitor):
    page = visitor.page
    choose(visitor, file("odd.png", "white"))
    expect(page.locator("[data-board]")).to_contain_text("None of these, I think")
    page.locator("[data-keep-slider]").focus()
    page.keyboard.press("End")
    expect(page.locator("[data-board] .answer-name")).to_be_visible()
    expect(page.get_by_text("Asked on this page: 1 with an answer, 0 “none of these”.")).to_be_visible()
    assert Model.objects.get().keep == 0.95
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".toast")).to_contain_text("Saved")
    expect(page.get_by_text("Not saved yet")).to_be_hidden()
    expect(page.locator("[data-board] .answer-name")).to_be_visible()
    assert Model.objects.get().keep == 1 and visitor.complaints == []


def test_where_it_looked_lies_over_the_picture_for_the_label_that_is_chosen(visitor):
    page = visitor.page
    choose(visitor, file("a.jpg", "red"))
    expect(page.locator("[data-heard]")).to_have_text("This is red I am quite sure.")  # and not all buttons and bars
    button = page.get_by_role("button", name="Where did it look?")
    button.press("Space")
    heat = page.locator("[data-heat]")
    expect(heat).to_have_attribute("alt", "What spoke for “red”")
    assert heat.evaluate("image => image.decode().then(() => image.naturalWidth)") > 100
    page.get_by_label("What spoke for").select_option("green")
    expect(page.get_by_text("Nothing here spoke for this label.")).to_be_visible()
    button.press("Space")
    expect(heat).to_be_hidden()
    assert visitor.complaints == []
