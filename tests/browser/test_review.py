"""Looking through pictures as a person does it, by keys and by mouse: what the page shows, the server has. Real server, real Chromium."""

import hashlib
import json
import re
from uuid import uuid4

import pytest
from playwright.sync_api import expect

from fixtures import samples
from tests import databases
from tests.browser.chromium import PHONE, PROGRAM, Visitor
from tests.machine import wait_for

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(PROGRAM is None, reason="Chromium is not installed (apt-get install chromium)"),
    pytest.mark.timeout(400),
]
PER_LABEL = 30
MANY = 5000
SMOOTH_MS = 250  # of 95 % of all frames, while other things run on the same cores; in peace it is 17
FRAMES = """() => {
    const times = [];
    let last = performance.now(), isOn = true;
    const tick = (now) => { times.push(now - last); last = now; if (isOn) requestAnimationFrame(tick); };
    requestAnimationFrame(tick);
    window.endFrames = () => { isOn = false; return times.sort((a, b) => a - b); };
}"""
SCROLL = "async () => { for (let i = 0; i < 150; i++) { scrollBy(0, 60); await new Promise(next => requestAnimationFrame(next)); } }"


@pytest.fixture(scope="module")
def visitor(visitor, machine, tmp_path_factory):
    """A guest with a project of drawn animals, whose pictures came in by a ZIP."""
    file = tmp_path_factory.mktemp("pictures") / "animals.zip"
    samples.draw_zip(file, per_label=PER_LABEL)
    visitor.data = machine.data
    page = visitor.make_an_ai(*samples.LABELS)
    visitor.project = page.url
    page.locator("#drop input[type=file]").first.set_input_files(file)
    expect(page.locator("#uploads")).to_contain_text(f"{PER_LABEL * len(samples.LABELS)} pictures taken", timeout=90_000)
    return visitor


def database(visitor, statement: str, *values) -> list[tuple]:
    """What the server has, or gets, past all pages."""
    return databases.ask(visitor.data, statement, *values)


def project_id(visitor) -> str:
    return visitor.project.rstrip("/").split("/")[-1].replace("-", "")


@pytest.fixture(autouse=True)
def unreviewed(visitor) -> None:
    """Every test begins with pictures about which neither a check nor a person has decided."""
    visitor.go(f"{visitor.project}review/")
    expect(visitor.page.locator("#review-check button")).to_be_visible(timeout=60_000)  # no check is under way
    database(visitor, "update images_image set status = 'ready', aside_reason = '', is_reviewed = 0, is_off_topic = 0, `group` = null")
    database(visitor, "delete from review_suggestion")


def opened(visitor, query: str = ""):
    """The review page with its grid there."""
    page = visitor.go(f"{visitor.project}review/{query}")
    expect(page.locator("[data-grid] .cell").first).to_be_visible()
    return page


def cells(page) -> list[tuple[str, str]]:
    """Label and state of every picture that is in the page, in their order."""
    return page.evaluate("[...document.querySelectorAll('[data-grid] .cell')].map(cell => [cell.querySelector('[data-name]').textContent, cell.dataset.status])")


def cell(page, index: int):
    return page.locator(f'[data-grid] .cell[data-index="{index}"]')


def saved(page) -> None:
    expect(page.locator("[data-state]")).to_have_text("All saved")


def standing(visitor) -> dict[str, tuple[str, str]]:
    """Label and status of each picture on the server."""
    names = {label.replace("-", ""): name for name, label in labels(visitor).items()}
    found, after = {}, ""
    while True:
        answer = visitor.context.request.get(f"{visitor.project}review/pictures?after={after}").json()
        found |= {one["id"].replace("-", ""): (names[one["label"].replace("-", "")], one["status"]) for one in answer["pictures"]}
        after = answer["next"]
        if not after:
            return found


def labels(visitor) -> dict[str, str]:
    """Ids of the labels by their names."""
    return dict(database(visitor, "select name, id from projects_label where project_id = %s", project_id(visitor)))


def ids(page) -> list[str]:
    thumbs = page.evaluate("[...document.querySelectorAll('[data-grid] .cell img')].map(img => img.dataset.at)")
    return [re.search(r"[0-9a-f-]{36}", address)[0].replace("-", "") for address in thumbs]


def test_1_by_keys_pictures_are_moved_set_aside_and_taken_back(visitor):
    page = opened(visitor)
    names, second = ids(page), samples.LABELS[1]
    before = standing(visitor)
    cell(page, 0).focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("2")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Shift+ArrowRight")
    expect(page.locator("[data-chosen]")).to_have_text("3 chosen")
    page.keyboard.press("2")
    saved(page)
    first = samples.LABELS[0]
    assert [standing(visitor)[name] for name in names[:6]] == [
        (first, "ready"), (second, "ready"), (first, "set_aside"), (second, "ready"), (second, "ready"), (second, "ready"),
    ]
    for _step in range(3):
        page.keyboard.press("u")
    expect(page.locator(".toast")).to_contain_text("It is as it was.")
    saved(page)
    wait_for(lambda: standing(visitor) == before, 10)


def test_2_the_focus_stays_and_a_reload_shows_the_same(visitor):
    page = opened(visitor)
    names = ids(page)
    cell(page, 3).focus()
    page.keyboard.press("Space")
    saved(page)
    assert page.evaluate("document.activeElement.dataset.index") == "3"
    page = opened(visitor)
    assert cells(page)[3][1] == "set_aside"
    assert standing(visitor)[names[3]][1] == "set_aside"
    cell(page, 0).focus()
    page.keyboard.press("Control+z")  # taken back by the server: this page knows nothing of it
    saved(page)
    expect(cell(page, 3)).to_have_attribute("data-status", "ready")
    assert standing(visitor)[names[3]][1] == "ready"


def test_3_ten_steps_are_taken_back_one_by_one(visitor):
    page = opened(visitor)
    before = standing(visitor)
    cell(page, 0).focus()
    for step in range(10):
        page.keyboard.press("ArrowRight" if step % 2 else "Shift+ArrowRight")
        page.keyboard.press("Space")
    saved(page)
    assert standing(visitor) != before
    for _step in range(10):
        page.keyboard.press("u")
    wait_for(lambda: standing(visitor) == before, 10)


def test_4_deleting_asks_and_can_be_taken_back_for_a_while(visitor):
    page = opened(visitor)
    before = standing(visitor)
    cell(page, 0).focus()
    page.keyboard.press("Delete")
    expect(page.get_by_role("dialog")).to_contain_text("Delete 1 picture for good?")
    page.keyboard.press("Enter")  # the safe choice has the focus
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.keyboard.press("Delete")
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(cell(page, 0)).to_have_attribute("data-status", "gone")
    page.keyboard.press("u")
    expect(cell(page, 0)).to_have_attribute("data-status", "ready")
    assert standing(visitor) == before
    page.keyboard.press("Delete")
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    visitor.go(visitor.project)  # who leaves the page means it
    wait_for(lambda: len(standing(visitor)) == len(before) - 1, 10)


def test_5_a_mouse_chooses_a_range_and_moves_it(visitor):
    page = opened(visitor)
    names = ids(page)
    cell(page, 1).click()
    cell(page, 4).click(modifiers=["Shift"])
    page.locator("[data-tools] .moves button").nth(2).click()
    saved(page)
    assert {standing(visitor)[name][0] for name in names[1:5]} == {samples.LABELS[2]}
    page.locator("[data-tools]").get_by_role("button", name="Undo").click()
    wait_for(lambda: {name: kept[0] for name, kept in standing(visitor).items() if name in names[1:5]} == dict.fromkeys(names[1:5], samples.LABELS[0]), 10)
    cell(page, 2).dblclick()
    expect(page.get_by_role("dialog").locator("[data-big-picture]")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    page.keyboard.press("Escape")


def test_6_what_cannot_be_sent_is_kept_and_sent_later(visitor):
    page = opened(visitor)
    names = ids(page)
    visitor.context.route("**/review/changes", lambda route: route.abort())
    cell(page, 5).focus()
    page.keyboard.press("Space")
    expect(page.locator(".toast.bad")).to_contain_text("Connection lost")
    assert standing(visitor)[names[5]][1] == "ready"
    visitor.context.unroute("**/review/changes")
    page = opened(visitor)  # it is kept over a reload as well
    wait_for(lambda: standing(visitor)[names[5]][1] == "set_aside", 20)
    visitor.complaints = [line for line in visitor.complaints if "ERR_FAILED" not in line]


def test_7_a_wrong_label_is_put_right_by_one_press(visitor):
    first, second = samples.LABELS[:2]
    wrong = [image for image, (label, status) in standing(visitor).items() if label == first and status == "ready"][:3]
    for number, image in enumerate(wrong):
        database(
            visitor, "insert into review_suggestion (image_id, project_id, label_id, score) values (%s, %s, %s, %s)",
            image, project_id(visitor), labels(visitor)[second], 0.9 - number / 10,
        )
    page = opened(visitor, "?show=wrong_label")
    expect(cell(page, 0)).to_contain_text(f"This looks like {second}, labelled {first}")
    assert ids(page) == wrong
    wait_for(lambda: page.evaluate("[...document.querySelectorAll('[data-grid] img')].every(image => image.src && image.complete)"), 20)
    visitor.photograph("6-wrong-labels", whole=False)
    cell(page, 0).get_by_role("button", name=second, exact=True).click()
    saved(page)
    assert standing(visitor)[wrong[0]][0] == second
    page.keyboard.press("n")  # the next one has the focus
    page.keyboard.press("y")
    saved(page)
    assert [standing(visitor)[image][0] for image in wrong[1:]] == [first, second]
    expect(page.locator("#tab-wrong_label .num")).to_have_text("0")
    page.keyboard.press("u")
    wait_for(lambda: standing(visitor)[wrong[2]][0] == first, 10)
    expect(page.locator("#tab-wrong_label .num")).to_have_text("1")


def test_7b_doubts_about_several_labels_are_put_right_and_taken_back_together(visitor):
    wrong = [image for image, (label, _status) in standing(visitor).items() if label == samples.LABELS[0]][:2]
    for image, like in zip(wrong, samples.LABELS[1:3], strict=True):
        database(
            visitor, "insert into review_suggestion (image_id, project_id, label_id, score) values (%s, %s, %s, 0.9)", image, project_id(visitor), labels(visitor)[like]
        )
    page = opened(visitor, "?show=wrong_label")
    page.locator("[data-grid] .cell").first.focus()
    page.keyboard.press("Control+a")
    page.keyboard.press("y")
    saved(page)
    assert [standing(visitor)[image][0] for image in wrong] == list(samples.LABELS[1:3])
    page.keyboard.press("u")
    wait_for(lambda: [standing(visitor)[image][0] for image in wrong] == [samples.LABELS[0]] * 2, 10)


def test_7c_an_upload_that_looks_like_something_else_is_listed_until_a_person_says_that_it_stays(visitor):
    image = next(iter(standing(visitor)))
    database(visitor, "update images_image set is_off_topic = (id = %s)", image)
    page = opened(visitor, "?show=off_topic")
    expect(cell(page, 0)).to_contain_text("Looks like something else")
    cell(page, 0).click()
    page.locator("[data-tools]").get_by_role("button", name="Put back").click()
    expect(cell(page, 0)).not_to_contain_text("something else")
    saved(page)
    expect(page.locator("#tab-off_topic .num")).to_have_text("0")
    assert standing(visitor)[image][1] == "ready"


def test_8_a_check_runs_and_says_what_it_found(visitor):
    page = opened(visitor)
    page.locator("#review-check button").click()
    expect(page.locator("#review-check progress")).to_be_visible()
    expect(page.locator("#review-check")).to_contain_text("Checked just now", timeout=60_000)
    names = ids(page)
    for number, reason in ((2, "duplicate"), (9, "duplicate"), (12, "off_topic")):
        database(visitor, "update images_image set status = 'set_aside', aside_reason = %s where id = %s", reason, names[number])
    database(visitor, "update images_image set is_blurred = 1 where id = %s", names[5])
    page = opened(visitor)
    expect(cell(page, 2)).to_contain_text("Near duplicate")
    expect(page.locator("#tab-set_aside .num")).to_have_text("3")
    cell(page, 10).click()
    page.keyboard.press("Shift+ArrowRight")
    wait_for(lambda: page.evaluate("[...document.querySelectorAll('[data-grid] img')].every(image => image.src && image.complete)"), 20)
    page.evaluate("scrollTo(0, 0)")
    visitor.photograph("5-review", whole=False)


def test_9_fingers_choose_on_a_phone_and_nothing_is_too_wide(visitor):
    phone = Visitor(visitor.browser, visitor.address, viewport=PHONE, has_touch=True, storage_state=visitor.context.storage_state())
    page = phone.go(f"{visitor.project}review/")
    expect(page.locator("[data-grid] .cell").first).to_be_visible()
    assert phone.sideways() == 0
    cell(page, 0).dispatch_event("pointerdown", {"pointerType": "touch", "bubbles": True})
    expect(page.locator("[data-chosen]")).to_have_text("1 chosen")
    cell(page, 0).dispatch_event("pointerup", {"pointerType": "touch", "bubbles": True})
    cell(page, 1).tap()
    expect(page.locator("[data-chosen]")).to_have_text("2 chosen")
    phone.photograph("phone-review", whole=False)
    assert phone.sideways() == 0 and phone.complaints == []


def test_a_without_scripts_a_form_does_the_same(visitor):
    plain = Visitor(visitor.browser, visitor.address, java_script_enabled=False, storage_state=visitor.context.storage_state())
    page = plain.go(f"{visitor.project}review/")
    image = page.locator('input[name="pick"]').first.get_attribute("value").replace("-", "")
    page.locator('input[name="pick"]').first.check()
    page.get_by_role("button", name="Set aside", exact=True).click()
    assert standing(visitor)[image][1] == "set_aside"
    page.locator(".toast").get_by_role("button", name="Undo").click()
    assert standing(visitor)[image][1] == "ready"


def many_pictures(visitor, machine) -> None:
    """Rows for thousands of pictures that share the files of one."""
    row = databases.first(machine.data, "images_image", "project_id = %s", project_id(visitor))
    folder = machine.data / "store" / "projects" / str(visitor.project.rstrip("/").split("/")[-1])
    thumb = next((folder / "thumbs").rglob("*.jpg")).read_bytes()
    names = [hashlib.sha256(str(number).encode()).hexdigest() for number in range(MANY)]
    for name in names:
        target = folder / "thumbs" / name[:2] / f"{name}.jpg"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(thumb)
    databases.add(machine.data, "images_image", [row | {"id": uuid4().hex, "sha256": name, "group": None} for name in names])


def test_b_thousands_of_pictures_do_not_stutter(visitor, machine):
    many_pictures(visitor, machine)
    page = opened(visitor)
    wait_for(lambda: page.evaluate("document.querySelector('[data-grid]').clientHeight") > 100_000, 30)
    frames = {"scrolling": [], "holding a key": []}
    page.evaluate(FRAMES)
    page.evaluate(SCROLL)
    frames["scrolling"] = page.evaluate("endFrames()")
    page.evaluate("scrollTo(0, 0)")
    cell(page, 0).focus()
    page.evaluate(FRAMES)
    for _step in range(100):
        page.keyboard.down("ArrowDown")
        page.wait_for_timeout(30)
    page.keyboard.up("ArrowDown")
    frames["holding a key"] = page.evaluate("endFrames()")
    for doing, times in frames.items():
        print(json.dumps({"doing": doing, "frames": len(times), "p95_ms": round(times[int(len(times) * 0.95)], 1), "longest_ms": round(times[-1], 1)}))
        assert times[int(len(times) * 0.95)] < SMOOTH_MS
    assert page.locator("[data-grid] .cell").count() < 400
    assert int(page.evaluate("document.activeElement.dataset.index")) >= 100 * 5


def test_no_page_complained(visitor):
    assert visitor.complaints == []
