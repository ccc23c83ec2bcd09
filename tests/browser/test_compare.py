"""Two trainings of one AI held against each other as a person does it: name one, star it, compare, delete, undo. Real server, real trainings, real Chromium."""

import re

import pytest
from playwright.sync_api import expect

from fixtures import samples
from tests.browser.chromium import PHONE, PROGRAM, Visitor

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(PROGRAM is None, reason="Chromium is not installed (apt-get install chromium)"),
    pytest.mark.timeout(400),
]
RUN = re.compile(r"/runs/[0-9a-f-]{36}/$")


@pytest.fixture(scope="module")
def visitor(visitor, tmp_path_factory):
    """Somebody whose AI has learned twice: for one epoch with tiny steps, and properly."""
    file = tmp_path_factory.mktemp("pictures") / "animals.zip"
    samples.draw_zip(file, per_label=20)
    page = visitor.make_an_ai(*samples.LABELS)
    visitor.project = page.url
    page.locator("#drop input[type=file]").first.set_input_files(file)
    expect(page.locator("#uploads")).to_contain_text(f"{20 * len(samples.LABELS)} pictures taken", timeout=90_000)
    train(visitor, epochs="1", learning_rate="0.000001")
    train(visitor)
    return visitor


def train(visitor: Visitor, **options: str) -> None:
    page = visitor.go(visitor.project + "train/")
    page.get_by_role("radio", name=re.compile("quick", re.IGNORECASE)).check()
    if options:
        page.locator("details.more > summary").click()
    for name, value in options.items():
        page.locator(f"[name={name}]").fill(value)
    page.get_by_role("button", name="Train", exact=True).click()
    page.wait_for_url(RUN)
    expect(page.get_by_role("link", name="Try it")).to_be_visible(timeout=90_000)


def test_1_the_page_of_a_run_tells_its_pictures_its_versions_and_its_log(visitor):
    page = visitor.page
    page.get_by_text("Log", exact=True).click()
    expect(page.locator(".log")).to_contain_text("Claimed by")
    expect(page.locator(".log")).to_contain_text("Published.")
    page.get_by_text("Pictures by label").click()
    expect(page.get_by_role("row", name=re.compile(rf"^{samples.LABELS[0]} 18 2$"))).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="Epochs as CSV").click()
    assert download.value.path().read_text().startswith("epoch,train_loss,")
    visitor.photograph("history-run")


def test_2_a_run_is_named_and_starred(visitor):
    page = visitor.page
    page.get_by_text("Name it").click()
    page.get_by_label("Name of this run").fill("The proper one")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("The proper one")
    page.get_by_role("button", name="Star this run").click()
    expect(page.get_by_role("button", name="Star this run")).to_have_attribute("aria-pressed", "true")
    page = visitor.go(visitor.project + "train/?starred=1")
    expect(page.locator(".run-list > li")).to_have_count(1)
    page = visitor.go(visitor.project + "models/")
    expect(page.get_by_role("button", name="Put Run 1 in use")).to_be_visible()
    visitor.photograph("15-models", whole=False)


def test_3_the_ticked_runs_are_compared(visitor):
    page = visitor.go(visitor.project + "train/")
    expect(page.locator(".run-list > li")).to_have_count(2)
    visitor.photograph("history-runs")
    page.get_by_role("button", name="Compare the ticked runs").click()
    page.wait_for_url(re.compile("/compare/"))
    expect(page.locator('[data-curve="accuracy"] canvas')).to_be_visible()
    page.get_by_role("link", name="Hold the others against this one").click()
    expect(page.get_by_role("heading", name="From Run 1 to The proper one")).to_be_visible()
    expect(page.get_by_role("row", name=re.compile("^Epochs 1 "))).to_be_visible()
    expect(page.get_by_text("Exactly the same pictures, split in the same way.")).to_be_visible()
    flipped = page.locator(".shot")
    expect(page.get_by_role("heading", name=re.compile("another answer|No answer changed"))).to_be_visible()
    if flipped.count():
        expect(flipped.first.locator("img")).to_be_visible()
    visitor.compared = page.url
    visitor.scroll_through()
    visitor.photograph("compare")
    page.get_by_role("heading", name="From Run 1 to The proper one").evaluate("heading => heading.scrollIntoView()")
    visitor.photograph("10-compare", whole=False)


def test_4_the_list_to_choose_from_finds_a_run_by_its_name(visitor):
    page = visitor.go("/compare/?q=proper&choose=1")
    expect(page.get_by_role("checkbox")).to_have_count(1)
    visitor.photograph("compare-choose")


def test_5_nothing_is_wider_than_a_phone_in_the_dark(visitor):
    options = {"viewport": PHONE, "storage_state": visitor.context.storage_state(), "color_scheme": "dark"}
    phone = Visitor(visitor.browser, visitor.address, **options)
    for name, path in {"compare": visitor.compared, "compare-choose": "/compare/", "history-runs": visitor.project + "train/"}.items():
        phone.go(path)
        phone.scroll_through()
        phone.photograph(f"phone-{name}")
        assert phone.sideways() == 0, f"{name} has to be scrolled sideways"
    assert phone.complaints == []


def test_6_a_deleted_run_is_gone_and_undo_brings_it_back_into_use(visitor):
    page = visitor.go(visitor.project + "train/")
    page.get_by_role("link", name="The proper one").click()
    page.get_by_text("Delete this run", exact=True).click()
    expect(page.get_by_text("After that, Run 1 answers instead.")).to_be_visible()
    page.get_by_role("button", name="Yes, delete this run").click()
    expect(page.locator(".run-list > li")).to_have_count(1)
    expect(page.locator(".run-list")).to_contain_text("In use")
    assert page.request.get(visitor.compared).status == 404
    page.get_by_role("button", name="Undo").click()
    page.wait_for_url(RUN)
    expect(page.get_by_role("heading", level=1)).to_contain_text("The proper one")
    expect(page.locator(".run-list > .here")).to_contain_text("In use")


def test_7_nothing_broke_and_nothing_was_refused(visitor):
    assert visitor.complaints == []
