"""The speed lab as a person uses it: rows that come while it measures, the limit that is moved, a way that is chosen, used and taken back. Real server, real Chromium."""

from urllib.parse import parse_qs, urlsplit

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Locator, Page, expect

from tests.browser.chromium import PHONE, PROGRAM, WIDE, Visitor, chromium
from webapp.accounts.models import User
from webapp.core import jobs, store
from webapp.projects.models import Project
from webapp.serving.models import Model
from webapp.serving.tests import small
from webapp.training.models import Run
from webapp.tuning.models import Measurement, Tuning
from webapp.tuning.tests.rows import typed

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(PROGRAM is None, reason="Chromium is not installed (apt-get install chromium)"),
    pytest.mark.timeout(120),
    pytest.mark.django_db(transaction=True),
]
NAME = "ONNX Runtime int8"
LIMITS = ("1.5", "3", "4", "6", "20", "300")


@pytest.fixture
def tuning(tmp_path):
    """The tuning of a small published model that has not measured anything yet."""
    owner = User.objects.create_user("alice@example.org", "correct horse", is_guest=False)
    project = Project.objects.create(owner=owner, name="Colours")
    model = small.published(jobs.claim(Run, Run.objects.create(project=project, preset="quick").id, "one"), tmp_path, ["red", "green"])
    Model.objects.filter(id=model.id).update(input_size=224)  # as the typed rows have it
    machine = {"name": "A processor", "cores": 2, "versions": {}}
    return Tuning.objects.create(project=project, model=model, status="running", target_ms=4, total=8, processed=0, machine=machine, lease_until="2100-01-01T00:00Z")


def owner_of(tuning: Tuning) -> Client:
    """The owner, without a browser."""
    client = Client()
    client.force_login(tuning.project.owner, backend=settings.AUTHENTICATION_BACKENDS[0])
    return client


def session(tuning: Tuning, url: str) -> dict:
    name = settings.SESSION_COOKIE_NAME
    return {"name": name, "value": owner_of(tuning).cookies[name].value, "url": url}


def with_files(row: Measurement, folder) -> None:
    """Let a row be one whose bundle is there."""
    files = {f"1/{file.relative_to(folder).as_posix()}": file.read_bytes() for file in folder.rglob("*") if file.is_file()}
    store.put_many([(f"{row.folder}/{name}", content) for name, content in files.items()])
    Measurement.objects.filter(id=row.id).update(files=sorted(files))


def test_times_come_while_it_measures_and_one_press_uses_what_fits(live_server, tuning, tmp_path, monkeypatch):
    address = reverse("tuning:speed", args=[tuning.model_id])
    with chromium() as browser:
        monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")  # Playwright runs a loop in the thread that looks at rows here
        visitor = Visitor(browser, live_server.url, viewport=PHONE)
        visitor.context.add_cookies([session(tuning, live_server.url)])
        page = visitor.go(address)
        expect(page.get_by_role("heading", name="The first times come in a moment")).to_be_visible()
        typed(tuning)
        tuning.rows.update(files=[])  # they are kept after the last row
        expect(finding(page)).to_have_text("OpenVINO int8 fits best: 3.9 ms, 91.5% right.")  # the page brought its board by itself
        rows_come_and_the_limit_stays(page, tuning)
        files_come_after_the_last_row(page, tuning, tmp_path)
        the_limit_is_moved_by_keyboard(page)
        here = {limit: said_for(page, limit) for limit in LIMITS}
        assert here == {limit: owner_of(tuning).get(address, {"limit": limit}).context["lab"].finding for limit in LIMITS}
        photographed(visitor)
        a_way_is_chosen(page, tuning)
        assert visitor.sideways() == 0
        it_is_used_and_taken_back(page, tuning)
        assert visitor.complaints == []
        visitor.context.close()


def test_without_scripts_the_limit_and_the_fields_of_the_table_are_a_form(live_server, tuning):
    typed(tuning)
    Tuning.objects.update(status="done")
    cookie, address = session(tuning, live_server.url), reverse("tuning:speed", args=[tuning.model_id])
    with chromium() as browser:
        visitor = Visitor(browser, live_server.url, java_script_enabled=False)
        visitor.context.add_cookies([cookie])
        page = visitor.go(address)
        page.locator("#limit").fill("6")
        page.get_by_role("button", name="Show").click()
        expect(finding(page)).to_have_text("OpenVINO fp32 fits best: 5.5 ms, 92.0% right.")
        page.get_by_role("button", name="PyTorch fp32").click()
        expect(finding(page)).to_have_text("You chose PyTorch fp32: 19.1 ms, 92.0% right.")
        visitor.context.close()


def photographed(visitor: Visitor) -> None:
    visitor.page.locator("#limit").fill("6")
    visitor.page.locator("#limit").blur()
    visitor.photograph("phone-speed-lab")
    visitor.page.set_viewport_size(WIDE)
    visitor.photograph("speed-lab", whole=False)
    visitor.page.set_viewport_size(PHONE)


def rows_come_and_the_limit_stays(page: Page, tuning: Tuning) -> None:
    page.locator("#limit").fill("5.6")
    expect(finding(page)).to_have_text("OpenVINO fp32 fits best: 5.5 ms, 92.0% right.")
    tuning.rows.create(engine="torch", precision="bf16", input_size=224, threads=2, p50_ms=400, accuracy=0.92, pictures=200)
    expect(page.locator("#lab-plot")).to_have_attribute("data-high", "500")
    expect(page.locator("#limit")).to_have_value("5.6")
    expect(finding(page)).to_have_text("OpenVINO fp32 fits best: 5.5 ms, 92.0% right.")


def files_come_after_the_last_row(page: Page, tuning: Tuning, folder) -> None:
    """Whoever watches to the end can use what was kept."""
    Tuning.objects.filter(id=tuning.id).update(processed=8)
    expect(page.get_by_text("Keeping the best")).to_be_visible()
    expect(page.get_by_role("button", name="Use this one")).to_have_count(0)
    with_files(tuning.rows.get(engine="openvino", precision="fp32"), folder)
    with_files(tuning.rows.get(engine="onnxruntime", precision="int8"), folder)
    expect(page.get_by_role("button", name="Use this one").last).to_be_visible()
    Tuning.objects.filter(id=tuning.id).update(status="done")
    expect(page.get_by_role("button", name="Measure again")).to_be_visible()


def the_limit_is_moved_by_keyboard(page: Page) -> None:
    slider = page.get_by_role("slider", name="Answer within")
    slider.focus()
    page.keyboard.press("Home")
    expect(finding(page)).to_have_text("Nothing here answers within 1 ms. The fastest is OpenVINO int8, 160 px: 2.1 ms, 88.0% right.")
    page.keyboard.press("End")
    expect(slider).to_have_attribute("aria-valuetext", "500 ms")


def a_way_is_chosen(page: Page, tuning: Tuning) -> None:
    page.get_by_role("button", name=f"{NAME}, 224 px, 2 threads").click()
    expect(finding(page)).to_have_text(f"You chose {NAME}: 6.6 ms, 90.5% right.")
    assert parse_qs(urlsplit(page.url).query)["pick"] == [str(tuning.rows.get(engine="onnxruntime", precision="int8").id)]
    page.get_by_label("Picture size").select_option("160")
    expect(page.get_by_role("button", name="OpenVINO int8, 160 px")).to_be_visible()


def it_is_used_and_taken_back(page: Page, tuning: Tuning) -> None:
    page.get_by_role("button", name="Use this one").last.click()
    expect(page.get_by_text(f"{NAME} answers from now on.")).to_be_visible()
    expect(finding(page)).to_have_text(f"You chose {NAME}: 6.6 ms, 90.5% right.")  # it came back to where it was
    assert Model.objects.get(id=tuning.model_id).variant.precision == "int8"
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Now in use: the model as it was trained, 7.1 ms")).to_be_visible()


def finding(page: Page) -> Locator:
    return page.locator("[data-finding]")


def said_for(page: Page, limit: str) -> str:
    page.locator("#limit").fill(limit)
    return finding(page).inner_text()
