"""The model in one page, opened as somebody opens it who has the file alone: no server, no network."""

import base64
import io
import re

import numpy as np
import pytest
from PIL import Image

from tests.browser.chromium import PHONE, Visitor, chromium
from trainer.bundle import read_bundle
from trainer.pixels import decode
from trainer.predict import Predictor
from webapp.bundles import awkward
from webapp.bundles.formats import html
from webapp.bundles.formats.base import Facts
from webapp.serving.tests import small

pytestmark = pytest.mark.browser
SIDE = 40
READ = """([source, files]) => {
    const { decodeJpeg } = new Function(source + "; return $of_jpeg")();
    return files.map((file) => {
        const picture = decodeJpeg(Uint8Array.from(atob(file), (letter) => letter.charCodeAt(0)), %d, 40e6);
        return picture && [picture.height, picture.width, btoa(Array.from(picture.data, (value) => String.fromCharCode(value)).join(""))];
    });
}"""


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    return small.small_bundle(tmp_path_factory.mktemp("model") / "bundle", ["red", "green", "blue"])


@pytest.fixture(scope="module")
def file(bundle, tmp_path_factory):
    out, about = tmp_path_factory.mktemp("page"), read_bundle(bundle)
    facts = Facts(name="Colours", run="Training 1", labels=about.labels, accuracy=0.9, input_size=about.input_size, keep=0.95, created="2026-11-22T10:00:00", licences="Free for all.\n")
    html.Html().build(bundle, out, facts, lambda: None)
    return out / "index.html"


@pytest.fixture(scope="module")
def opened(file):
    with chromium("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream") as browser:
        visitor = Visitor(browser, "")
        visitor.context.set_offline(True)
        visitor.requests = []
        visitor.page.on("request", lambda request: visitor.requests.append(request.url))
        visitor.go(file.as_uri()).locator("[data-awake]").wait_for(state="attached")
        yield visitor


def test_it_answers_as_the_page_does_and_says_so_itself(opened, bundle):
    page, predictor = opened.page, Predictor(bundle)
    page.get_by_role("button", name="Check it").click()
    page.locator("[data-proof]").wait_for()
    assert page.locator("[data-verdict]").inner_text().startswith(f"Yes. All {1 + len(awkward.pictures())} pictures"), page.locator("[data-proof]").inner_text()
    picture = small.coloured("darkgreen")
    page.set_input_files("#picture", {"name": "leaf.jpg", "mimeType": "image/jpeg", "buffer": picture})
    page.locator("[data-strip] li").wait_for()
    (best, share), *_ = predictor.predict(picture).answers
    assert (page.locator("[data-said]").inner_text(), page.locator(".bar.win .num").inner_text()) == (best, f"{round(100 * share)}%")
    page.set_input_files("#picture", [
        {"name": "far.png", "mimeType": "image/png", "buffer": small.coloured("white", "PNG")}, {"name": "cut.jpg", "mimeType": "image/jpeg", "buffer": picture[:-90]}, {"name": "a.txt", "mimeType": "image/png", "buffer": b"?"},
    ])
    page.locator("[data-strip] li").nth(3).wait_for()
    assert page.locator("[data-strip] li").all_inner_texts()[::-1] == ["green", "None of these", "I could not look at that", "I could not look at that"]
    assert "cannot read it as a picture" in page.locator("[data-more]").inner_text()
    page.locator("[data-strip] button").nth(3).click()
    assert page.locator("[data-said]").inner_text() == "green"


def test_it_looks_through_a_camera_and_asks_nothing_of_any_network(opened):
    page = opened.page
    page.get_by_role("button", name="Live camera").click()
    page.get_by_role("button", name="Stop the camera").wait_for()
    page.locator("[data-said]", has_text=re.compile("green|None of these")).wait_for()  # the pattern of the browser's camera is green
    page.set_viewport_size(PHONE)
    assert opened.sideways() == 0
    page.get_by_role("button", name="Stop the camera").click()
    assert page.locator("[data-video]").is_hidden()
    assert [url for url in opened.requests if not url.startswith(("file:", "blob:"))] == [] and len([url for url in opened.requests if url.startswith("file:")]) == 1
    assert opened.complaints == []


def test_it_reads_jpegs_to_the_very_pixels_that_the_page_reads(opened):
    files = [*jpegs(), *(content for name, content in awkward.pictures().items() if name.endswith(".jpg") and "turned" not in name and name != "large.jpg")]
    blank = opened.context.new_page()  # where a script of a test may run
    read = blank.evaluate(READ % SIDE, [html.worker(), [base64.b64encode(content).decode() for content in files]])
    for number, (content, (height, width, data)) in enumerate(zip(files, read, strict=True)):
        there = decode(content, SIDE)
        here = np.frombuffer(base64.b64decode(data), np.uint8).reshape(height, width, 3)
        assert here.shape == there.shape and np.abs(here.astype(int) - there).max() == 0, number


def jpegs():
    """Noisy pictures of odd sizes, read at 1, 1/2, 1/4 and 1/8, with each kind of colours, in one scan and in several, with restarts."""
    random = np.random.default_rng(0)
    for number, (width, height) in enumerate([(63, 71), (99, 91), (203, 177), (345, 401), (3, 5), (1, 1)] * 6):
        noise = random.integers(0, 256, (1 + height // 7, 1 + width // 7, 3)).astype(np.uint8)
        image, out = Image.fromarray(noise).resize((width, height), Image.Resampling.BICUBIC), io.BytesIO()
        kind = number // 6
        image.save(out, "JPEG", quality=(35, 80, 97)[number % 3], subsampling=kind % 3, progressive=kind > 2, restart_marker_blocks=(0, 5)[number % 2])
        yield out.getvalue()
