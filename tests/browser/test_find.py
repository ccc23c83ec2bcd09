"""Finding what looks alike as a person does it: a photo dropped, from picture to picture, and back. Real server, real vectors, real Chromium."""

import base64
import re

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from playwright.sync_api import expect

from fixtures import samples
from tests.browser.chromium import PHONE, PROGRAM, Visitor, chromium
from webapp.accounts.models import User
from webapp.images.guard import prepare
from webapp.images.intake import Candidate, Item, embed, new_image, record, write
from webapp.images.models import Image
from webapp.projects.models import Label, Project
from webapp.projects.services import create_project

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(PROGRAM is None, reason="Chromium is not installed (apt-get install chromium)"),
    pytest.mark.timeout(120),
    pytest.mark.django_db(transaction=True),
]
PER_LABEL = 8
DROP = """([content, target]) => {
    const bytes = Uint8Array.from(atob(content), letter => letter.charCodeAt(0)), transfer = new DataTransfer();
    transfer.items.add(new File([bytes], "mine.jpg", { type: "image/jpeg" }));
    for (const name of ["dragover", "drop"]) document.querySelector(target).dispatchEvent(new DragEvent(name, { dataTransfer: transfer, bubbles: true, cancelable: true }));
}"""


@pytest.fixture
def project(monkeypatch) -> Project:
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")  # Playwright runs a loop in the thread that looks at rows here
    owner = User.objects.create_user("alice@example.org", "correct horse", is_guest=False)
    project = create_project(owner=owner, labels=list(samples.LABELS))
    fill(project, [(label, samples.jpeg(label.name, seed)) for label in project.labels.all() for seed in range(PER_LABEL)])
    return project


def fill(project: Project, pictures: list[tuple[Label, bytes]]) -> None:
    """Take pictures in as a worker does, without the processes that it has for it."""
    items = [Item(Candidate(label, content), prepare(content)) for label, content in pictures]
    for item in items:
        item.image = new_image(project, item)
    record(project, write(embed(items, {})))


def visitor_of(browser, live_server, owner: User, **options) -> Visitor:
    client = Client()
    client.force_login(owner, backend=settings.AUTHENTICATION_BACKENDS[0])
    visitor = Visitor(browser, live_server.url, **options)
    name = settings.SESSION_COOKIE_NAME
    visitor.context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": live_server.url}])
    return visitor


def drop(page, picture: bytes) -> None:
    page.evaluate(DROP, [base64.b64encode(picture).decode(), "[data-try]"])


def nears(page) -> list[str]:
    """The ids of the pictures on the right."""
    return re.findall(r"picture=([0-9a-f-]{36})", " ".join(page.locator(".near a[data-hop]").evaluate_all("all => all.map(one => one.href)")))


def test_from_a_dropped_photo_through_pictures_and_back_again(live_server, project):
    with chromium() as browser:
        visitor = visitor_of(browser, live_server, project.owner)
        page = visitor.go(reverse("similar:find", args=[project.id]))
        expect(page.locator(".near")).to_have_count(3 * PER_LABEL)

        drop(page, samples.jpeg("dog", 3))
        page.wait_for_url(re.compile(r"look="))
        dropped = page.url
        twin = Image.objects.get(id=nears(page)[0])
        assert twin.label.name == "dog" and page.locator(".near .num").first.inner_text() == "0.00"
        expect(page.locator("#said")).to_have_text("There is one that is the same, or nearly")
        photo = "document.querySelector('[data-shown]').naturalWidth"
        page.wait_for_function(f"{photo} > 100")  # the window remembers it

        page.locator(".near a[data-hop]").first.click()
        page.wait_for_url(re.compile(f"picture={twin.id}"))
        assert str(twin.id) not in nears(page)
        visitor.scroll_through()
        visitor.photograph("21-similar", whole=False)
        page.go_back()
        page.wait_for_url(dropped)
        page.wait_for_function(f"{photo} > 100")

        other = visitor_of(browser, live_server, project.owner, viewport=PHONE, java_script_enabled=False)  # the address is all that it takes
        there = other.go(dropped)
        assert nears(there)[0] == str(twin.id) and other.sideways() == 0
        there.get_by_role("checkbox").first.check()
        there.get_by_role("button", name="Set aside").click()
        expect(there.get_by_text("Set 1 picture aside")).to_be_visible()
        assert str(twin.id) not in nears(there) and there.url == dropped
        there.get_by_role("button", name="Undo").click()
        assert nears(there)[0] == str(twin.id)

        drop(page, b"no picture at all")
        expect(page.locator("[data-said]")).to_have_text("This is not a JPG or PNG picture that can be read. Choose another one.")
        page.goto(live_server.url + reverse("images:project", args=[project.id]))
        for box in page.get_by_role("checkbox").all()[:2]:
            box.check()
        page.locator(".picked:visible").get_by_role("button", name="Find similar").click()
        page.wait_for_url(re.compile(r"similar/\?picture=.*&picture="))
        assert len(nears(page)) == 3 * PER_LABEL - 2
        assert [line for line in visitor.complaints if "422" not in line] == []
