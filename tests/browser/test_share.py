"""Sharing as people do it: the owner ticks and copies, a stranger plays, a page of another site frames it, and the end of it is seen at once. Real server, real Chromium."""

import http.server
from contextlib import contextmanager

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from playwright.sync_api import FrameLocator, Page, expect

from fixtures.loopback import serving
from tests.browser.chromium import PHONE, PROGRAM, Visitor, chromium
from webapp.accounts.models import User
from webapp.core import jobs
from webapp.core.test import Cast
from webapp.projects.models import Project
from webapp.projects.services import add_labels
from webapp.serving.tests.small import coloured, published
from webapp.sharing import examples
from webapp.training.models import Run

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(PROGRAM is None, reason="Chromium is not installed (apt-get install chromium)"),
    pytest.mark.timeout(120),
    pytest.mark.django_db(transaction=True),
]
RED = {"name": "red.jpg", "mimeType": "image/jpeg", "buffer": coloured("red")}


@pytest.fixture
def project(tmp_path) -> Project:
    """An AI that tells three colours apart, tested with one picture of each."""
    owner = User.objects.create_user("alice@example.org", "correct horse", is_guest=False)
    project = Project.objects.create(owner=owner, name="色を見分けるAI")
    pictures = [Cast.image(None, label) for label in add_labels(project=project, names=["赤", "緑", "青"])]
    published(jobs.claim(Run, Run.objects.create(project=project).id, "one"), tmp_path / "bundle", ["赤", "緑", "青"])
    Run.objects.update(answers=[[str(picture.id), picture.label.name, picture.label.name, 0.9] for picture in pictures], train_images=27)
    examples.candidates.cache_clear()
    return project


@contextmanager
def another_site(body: str):
    """The address of a page with this body on another host and port."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(f"<!doctype html><title>Blog</title><body>{body}".encode())

        def log_message(self, *_words):
            pass

    with serving(http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)) as server:
        yield f"http://127.0.0.1:{server.server_port}/"


def choose_picture(page: Page | FrameLocator) -> None:
    expect(page.locator("label[for=picture][data-with-script]")).to_be_visible()  # the module is there
    page.locator("#picture").set_input_files(RED)


def asks(page: Page | FrameLocator) -> None:
    choose_picture(page)
    expect(page.locator("[data-board] [data-winner]")).to_have_attribute("data-winner", "赤")


def is_refused(page: Page | FrameLocator, sentence: str) -> None:
    choose_picture(page)
    expect(page.locator("[data-board]")).to_contain_text(sentence)
    expect(page.locator("[data-board] .bar")).to_have_count(0)


def logged_in(browser, server, person: User) -> Visitor:
    client = Client()
    client.force_login(person, backend=settings.AUTHENTICATION_BACKENDS[0])
    visitor = Visitor(browser, server.url)
    visitor.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": client.cookies[settings.SESSION_COOKIE_NAME].value, "url": server.url}])
    return visitor


def choose(owner: Visitor, project: Project, *choices: str) -> Page:
    page = owner.go(reverse("projects:settings", args=[project.id]))
    for choice in choices:
        page.locator("#sharing").get_by_label(choice).check()
    page.locator("#sharing").get_by_role("button", name="Save").click()
    expect(page.locator(".toast").first).to_be_visible()
    return page


def test_an_ai_is_shared_played_with_framed_and_taken_back(live_server, project, monkeypatch):
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")  # Playwright runs a loop in the thread in which the owner is logged in here
    with chromium() as browser:
        owner = logged_in(browser, live_server, project.owner)
        page = choose(owner, project, "Anyone with the link", "Some pictures to try")
        link, frame = (page.locator(f"#{name}").text_content() for name in ("play-link", "embed-code"))
        owner.photograph("sharing")

        stranger = Visitor(browser, live_server.url, viewport=PHONE, locale="ja-JP")
        play = stranger.go(link)
        play.locator("[data-examples] button").first.click()
        expect(play.locator("[data-board] .bar")).to_have_count(3)
        asks(play)
        stranger.photograph("play")
        assert stranger.sideways() == 0 and settings.SESSION_COOKIE_NAME not in {cookie["name"] for cookie in stranger.context.cookies()}

        guest = Visitor(browser, live_server.url)
        with another_site(f"<main style='font: 18px sans-serif; max-width: 30em; margin: auto'><h1>Which colour is it?</h1><p>Ask the AI of our class.</p>{frame}</main>") as blog:
            framed = guest.go(blog).frame_locator("iframe")
            asks(framed)
            guest.photograph("embed", whole=False)
            assert guest.context.cookies() == []

            choose(owner, project, "Only me")
            is_refused(framed, "shared no longer")
            is_refused(play, "AI")
            guest.page.reload()
            expect(guest.page.frame_locator("iframe").get_by_role("alert")).to_contain_text("shared no longer")
        assert owner.complaints == [] and {line for line in stranger.complaints + guest.complaints if "404" not in line} == set()
