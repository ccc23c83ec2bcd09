"""A real Chromium that talks to loopback alone, and notes whatever a page complains about."""

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from tests.source import ROOT

PROGRAM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"]
SCREENSHOTS = Path(os.environ.get("SCREENSHOTS", ROOT / "test-results" / "screenshots"))
WIDE, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}


@contextmanager
def chromium(*options: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=PROGRAM, args=[*QUIET, *options])
        try:
            yield browser
        finally:
            browser.close()


class Visitor:
    """One person with a browser of their own. `complaints` are errors of scripts, refused resources and breaches of the security policy."""

    def __init__(self, browser: Browser, address: str, **options):
        self.address = address
        self.context = browser.new_context(**({"viewport": WIDE, "locale": "en-GB", "reduced_motion": "reduce"} | options))
        self.context.set_default_timeout(30_000)
        self.page: Page = self.context.new_page()
        self.complaints: list[str] = []
        self.page.on("pageerror", lambda error: self.complaints.append(f"script: {error}"))
        self.page.on("console", lambda line: self.complaints.append(line.text) if line.type == "error" else None)

    def go(self, path: str) -> Page:
        self.page.goto(self.address + path if path.startswith("/") else path)
        return self.page

    def make_an_ai(self, *labels: str) -> Page:
        """Type labels on the first page and press the button; the page of the new AI is open then."""
        page = self.go("/")
        for label in labels:
            field = page.locator("[data-chips] input, [data-chips] textarea").last
            field.fill(label)
            field.press("Enter")
        page.get_by_role("button", name="Make my AI").click()
        page.wait_for_url(re.compile(r"/projects/[0-9a-f-]{36}/$"))
        return page

    def photograph(self, name: str, whole: bool = True) -> None:
        """A screenshot of the page as a person sees it, for the README and for looking at."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=whole)
        if name[0].isdigit() and "SCREENSHOTS" in os.environ:  # for the README: a third of the bytes, and the eye sees no difference
            Image.open(SCREENSHOTS / f"{name}.png").convert("RGB").quantize(256).save(SCREENSHOTS / f"{name}.png", optimize=True)

    def scroll_through(self) -> None:
        """Go down the page and back, so that pictures which load when they are seen are there."""
        self.page.evaluate("""async () => {
            for (let y = 0; y < document.body.scrollHeight; y += 400) { scrollTo(0, y); await new Promise(next => setTimeout(next, 50)); }
            await Promise.all([...document.images].map(image => image.complete || new Promise(done => { image.onload = image.onerror = done; })));
            scrollTo(0, 0);
        }""")

    def sideways(self) -> int:
        """How many pixels the page is wider than the window: 0 where nobody has to scroll sideways."""
        return self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
