"""What people already have, brought to the page: a list with its pictures, a project of another program, addresses, a photo from a phone."""

import re

import pytest
from playwright.sync_api import expect

from fixtures import stub_server
from fixtures.hostile import kinds
from fixtures.hostile.zips import File, packed
from tests.browser.chromium import PHONE, PROGRAM, Visitor, chromium
from tests.machine import Machine
from webapp.core.test import jpeg

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(PROGRAM is None, reason="Chromium is not installed (apt-get install chromium)"),
    pytest.mark.timeout(300),
]


@pytest.fixture(scope="module")
def machine(tmp_path_factory):
    with stub_server.running() as web:
        machine = Machine(tmp_path_factory.mktemp("imports") / "data", OPENVERSE_URL=web.url, COLLECT_CONTACT="tests@example.org", OUTGOING_ALLOW="127.0.0.1/32")
        machine.furnished().start_and_wait()
        yield machine
        machine.end()


@pytest.fixture(scope="module")
def visitor(machine):
    with chromium() as browser:
        visitor = Visitor(browser, f"http://127.0.0.1:{machine.port}")
        visitor.browser = browser
        visitor.make_an_ai("猫", "犬")
        visitor.project = visitor.page.url
        yield visitor


def bring(page, *files: tuple[str, bytes]) -> None:
    page.locator("#drop input[type=file]").first.set_input_files([{"name": name, "mimeType": "", "buffer": content} for name, content in files])


def test_a_list_with_its_pictures_is_not_asked_for_a_label(visitor):
    bring(visitor.page, ("labels.csv", "画像,ラベル\n1.jpg,猫\n2.heic,うさぎ\n".encode("cp932")), ("1.jpg", jpeg(1)), ("2.heic", kinds.heic((96, 64))))
    expect(visitor.page.locator("#uploads")).to_contain_text("2 pictures taken", timeout=60_000)
    expect(visitor.page.get_by_role("heading", name="うさぎ", exact=True)).to_be_visible()


def test_a_project_of_teachable_machine_brings_its_classes(visitor):
    page = visitor.go(visitor.project)
    bring(page, ("project.tm", packed(File("manifest.json", b'{"type": "image"}'), *[File(f"{name}-!-{n}.jpg", jpeg(10 + n)) for n, name in enumerate(("Bird", "bird", "猫"))])))
    expect(page.locator("#uploads")).to_contain_text("3 pictures taken", timeout=60_000)
    expect(page.locator("#uploads")).to_contain_text("Put “bird” together with “Bird”.")


def test_addresses_are_pasted_and_fetched(visitor):
    page = visitor.go(visitor.project)
    page.get_by_text("Or paste addresses of pictures").click()
    page.get_by_label("One address on each line").fill("http://169.254.169.254/latest 犬\nnonsense")
    visitor.photograph("addresses")
    page.get_by_role("button", name="Fetch").click()
    page.wait_for_url(re.compile("/uploads/"))
    expect(page.get_by_text("There is no picture to be had at this address.").first).to_be_visible(timeout=60_000)
    expect(page.get_by_text("This line is not an address").first).to_be_visible()
    visitor.photograph("addresses-report")


def test_all_of_it_fits_a_phone_and_nothing_complains(visitor):
    phone = Visitor(visitor.browser, visitor.address, viewport=PHONE, storage_state=visitor.context.storage_state())
    page = phone.go(visitor.project)
    page.get_by_text("Or paste addresses of pictures").click()
    phone.photograph("phone-addresses", whole=False)
    assert phone.sideways() == 0 and phone.complaints == visitor.complaints == []
