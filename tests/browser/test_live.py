"""The live camera in real Chromium with the camera that it makes up itself: answers come, and the video does not notice."""

import io
import json
import re
import subprocess
import sys

import numpy as np
import pytest
from playwright.sync_api import expect

from tests.browser.chromium import PHONE, PROGRAM, Visitor, chromium
from tests.machine import Machine, wait_for
from tests.source import ROOT
from trainer.standalone.novelty import Novelty
from webapp.serving.tests.small import usual

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(PROGRAM is None, reason="Chromium is not installed (apt-get install chromium)"),
    pytest.mark.timeout(300),
]
FAKE = ("--use-fake-device-for-media-stream=device-count=2,fps=30", "--use-fake-ui-for-media-stream")
VIDEO, ANSWERS = 28, 8  # a second, at least
COUNT = """() => {
    const video = document.querySelector("[data-video]"), frames = (window.drawn = []), answers = (window.answered = []);
    const next = (now) => { frames.push(now); video.requestVideoFrameCallback(next); };
    video.requestVideoFrameCallback(next);
    new MutationObserver(() => answers.push(performance.now())).observe(document.querySelector("[data-share]"), { childList: true });
}"""
FAMILIAR = """async ([features, shares]) => {
    const { read, familiarity } = await import("/static/serving/familiar.js");
    const packed = await fetch(document.querySelector("[data-familiar]").dataset.familiar);
    return familiarity(read(await packed.arrayBuffer()), features, shares);
}"""
BEST = """(least) => {
    const rates = (moments, from) => moments.filter((moment) => moment >= from && moment < from + 1000).length;
    const windows = window.drawn.map((from) => [rates(window.drawn, from), rates(window.answered, from)]);
    return windows.filter(([, answers]) => answers >= least).map(([video]) => video).sort((a, b) => b - a)[0] ?? 0;
}"""


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A machine, and a project on it whose AI has learned."""
    machine = Machine(tmp_path_factory.mktemp("live") / "data").furnished()
    program = "from tests.browser.a_model import make_a_model; make_a_model()"
    made = subprocess.run([sys.executable, "-c", program], cwd=ROOT, env=machine.environment | {"DJANGO_SETTINGS_MODULE": "webapp.settings"}, capture_output=True, text=True, check=True)
    machine.start_and_wait()
    yield machine, json.loads(made.stdout.splitlines()[-1])
    machine.end()


def visit(browser, place, **options) -> Visitor:
    machine, facts = place
    visitor = Visitor(browser, f"http://127.0.0.1:{machine.port}", **options)
    visitor.context.add_cookies([{"name": "sessionid", "value": facts["cookie"], "url": visitor.address}])
    visitor.go(f"/projects/{facts['project']}/camera/")
    visitor.page.get_by_role("button", name="Start the camera").click()
    return visitor


def test_answers_come_and_the_video_goes_on_at_its_full_rate(place):
    with chromium(*FAKE) as browser:
        visitor = visit(browser, place, reduced_motion="no-preference")
        page = visitor.page
        expect(page.locator("[data-share]")).to_contain_text("%", timeout=60_000)
        page.evaluate(COUNT)
        # The best second of many: others use this machine too.
        wait_for(lambda: page.evaluate(BEST, ANSWERS) >= VIDEO, 60, lambda: f"{page.evaluate(BEST, ANSWERS)} frames of video in the best second with {ANSWERS} answers")
        expect(page.locator("[data-p50]").first).to_contain_text("ms")
        visitor.photograph("13-live")
        assert visitor.complaints == []


def test_the_same_model_runs_in_the_browser_and_pictures_go_to_a_label(place):
    with chromium(*FAKE) as browser:
        visitor = visit(browser, place, viewport=PHONE, has_touch=True, is_mobile=True)
        page = visitor.page
        expect(page.locator("[data-share]")).to_contain_text("%", timeout=60_000)
        assert not any("onnx" in address or "runtime" in address for address in loaded(page))
        page.get_by_label("In turn, to compare").check()
        expect(page.locator("[data-brain-says]")).to_contain_text("answers as the server does", timeout=60_000)
        page.get_by_text("Show the numbers").click()
        assert page.evaluate("crossOriginIsolated")  # without that it would have one core
        for column in (1, 3):  # the server's and the browser's
            expect(page.locator("[data-row=infer] td").nth(column - 1)).to_contain_text(".", timeout=30_000)
        expect(page.locator("[data-part=here]")).to_have_attribute("d", re.compile("M"))
        for features in ([200.0, 3.0, 8.0], [90.0, 80.0, 85.0], [10.0, 140.0, 0.0]):
            shares = np.float32([0.7, 0.2, 0.1])[np.argsort(np.argsort(-np.float32(features)))]
            python = Novelty.read(io.BytesIO(usual(3))).familiarity(np.float32([features]), shares[None])[0]
            assert abs(page.evaluate(FAMILIAR, [features, shares.tolist()]) - python) < 0.01
        page.locator("[data-hold]").focus()
        page.keyboard.down("Space")
        expect(page.locator("[data-count]")).to_contain_text("3 pictures", timeout=30_000)
        page.keyboard.up("Space")
        visitor.photograph("live-phone")
        assert visitor.sideways() == 0
        page.get_by_role("button", name=re.compile("Remove the last")).click()
        expect(page.locator("[data-count]")).to_contain_text("0 pictures", timeout=60_000)
        page.get_by_role("button", name="Stop").click()
        assert page.evaluate("document.querySelector('[data-video]').srcObject") is None
        assert visitor.complaints == []


def loaded(page) -> list[str]:
    """Addresses of everything that the page has loaded."""
    return page.evaluate("performance.getEntriesByType('resource').map(entry => entry.name)")
