"""The JavaScript of the card in a real page of another address: the browser asks first, and lets it read only where the key allows that address."""

import subprocess
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.urls import reverse

from fixtures.loopback import serving
from tests.browser.chromium import PROGRAM, QUIET
from webapp.api.tests.server import Served
from webapp.keys.services import create_key
from webapp.keys.snippets import snippets
from webapp.serving.tests.small import coloured

pytestmark = [pytest.mark.browser, pytest.mark.skipif(PROGRAM is None, reason="Chromium is not installed (apt-get install chromium)")]

PAGE = """<!doctype html><title>Shop</title><input type="file"><script type="module">
addEventListener("unhandledrejection", () => (document.title = "refused by the browser"));
%s
const chosen = new DataTransfer();
chosen.items.add(new File([await (await fetch("/picture")).blob()], "picture.jpg"));
const field = document.querySelector("input");
field.files = chosen.files;
field.dispatchEvent(new Event("change"));
</script>"""


class Shop(BaseHTTPRequestHandler):
    """A web page of somebody else, in which somebody has chosen a picture."""

    def do_GET(self) -> None:
        body = coloured("blue") if self.path == "/picture" else self.server.page.encode()
        self.send_response(200)
        self.send_header("Content-Type", "image/jpeg" if self.path == "/picture" else "text/html")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_parts) -> None:
        """Say nothing."""


class APageOfAnotherAddress(Served):
    def setUp(self):
        super().setUp()
        self.shop = self.enterContext(serving(ThreadingHTTPServer(("127.0.0.1", 0), Shop)))

    def title_with(self, *origins: str) -> str:
        """What the page says in the end, with a key for these origins."""
        _key, plain = create_key(project=self.project, user=self.alice, name="shop", origins=origins)
        address = self.address + reverse("api:predict_by_project", args=[self.project.id])
        self.shop.page = PAGE % next(snippet.text for snippet in snippets(address=address, key=plain) if snippet.id == "javascript")
        command = [PROGRAM, "--headless", *QUIET, "--virtual-time-budget=20000", "--dump-dom", f"http://127.0.0.1:{self.shop.server_port}/"]
        seen = subprocess.run(command, capture_output=True, text=True, timeout=60).stdout
        return seen.partition("<title>")[2].partition("</title>")[0]

    def test_gets_an_answer_where_the_key_allows_it_and_nothing_elsewhere(self):
        self.assertEqual(self.title_with("https://another.example"), "refused by the browser")
        self.assertRegex(self.title_with(f"http://127.0.0.1:{self.shop.server_port}"), r"\Ablue: \d+%\Z")
