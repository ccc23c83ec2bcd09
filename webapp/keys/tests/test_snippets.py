"""Each program of the card is run as it stands there, against a real small server; that of the LINE bot with a stand-in for LINE."""

import base64
import hashlib
import hmac
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Queue

from django.urls import reverse

from tests.machine import free_ports, wait_for
from webapp.api.tests.server import Served
from webapp.keys.snippets import snippets
from webapp.serving.tests.small import coloured

# A browser's page, as far as the program in it can tell: one field for files, in which somebody chooses a picture.
NODE = """
let chosen;
globalThis.document = { title: "", querySelector: () => ({ addEventListener: (_name, run) => (chosen = run) }) };
%s
const picture = new Blob([require("node:fs").readFileSync("picture.jpg")]);
chosen({ target: { files: [picture] } }).then(() => console.log(document.title));
"""


class Line(BaseHTTPRequestHandler):
    """LINE, as far as a bot can tell: a photo to fetch, and a place for replies."""

    def do_GET(self) -> None:
        known = (self.path, self.headers["Authorization"]) == ("/v2/bot/message/7/content", "Bearer line-token")
        self.answer(200 if known else 404, coloured("green") if known else b"")

    def do_POST(self) -> None:
        sent = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.replies.put((self.path, self.headers["Authorization"], sent))
        self.answer(200, b"{}")

    def answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_parts) -> None:
        """Say nothing."""


class TheProgramsOfTheCard(Served):
    def setUp(self):
        super().setUp()
        self.folder = Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)
        (self.folder / "picture.jpg").write_bytes(coloured("green"))
        address = self.address + reverse("api:predict_by_project", args=[self.project.id])
        self.texts = {snippet.id: snippet.text for snippet in snippets(address=address, key=self.key)}

    def run_program(self, *command: str) -> str:
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def test_curl_gets_the_answer(self):
        said = json.loads(self.run_program("bash", "-c", self.texts["curl"]))
        self.assertEqual((said["model_id"], said["predictions"][0]["label"]), (str(self.model.id), "green"))

    def test_python_prints_the_answer(self):
        self.assertRegex(self.run_program(sys.executable, "-c", self.texts["python"]), r"\Agreen: \d+%\n")

    def test_javascript_shows_the_answer(self):
        self.assertRegex(self.run_program("node", "-e", NODE % self.texts["javascript"]), r"\Agreen: \d+%\n")

    def test_the_line_bot_answers_photos_and_listens_to_line_alone(self):
        with self.bot() as (post, replies):
            photo = {"type": "message", "replyToken": "r", "message": {"type": "image", "id": "7"}}
            self.assertEqual(post({"events": [photo]}), 200)
            path, token, sent = replies.get(timeout=20)
            self.assertEqual((path, token, sent["replyToken"]), ("/v2/bot/message/reply", "Bearer line-token", "r"))
            self.assertRegex(sent["messages"][0]["text"], r"green \(\d+%\)")
            self.assertEqual(post({"events": [{"type": "follow"}, photo | {"message": {"type": "text", "text": "?"}}]}), 200)
            self.assertEqual(replies.get(timeout=20)[2]["messages"][0]["text"], "Send me a photo.")
            self.assertEqual([post({"events": [photo]}, secret) for secret in ("wrong", "")], [401, 401])
            self.assertTrue(replies.empty())

    def bot(self) -> "Bot":
        return Bot(self.folder, self.texts["line"])


class Bot:
    """The LINE bot as a process of its own, beside a stand-in for LINE."""

    def __init__(self, folder: Path, text: str):
        (folder / "bot.py").write_text(text)
        self.folder, self.port = folder, free_ports()[0]

    def __enter__(self):
        self.line = ThreadingHTTPServer(("127.0.0.1", 0), Line)
        self.line.replies = Queue()
        threading.Thread(target=self.line.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        line = f"http://127.0.0.1:{self.line.server_port}"
        own = {"LINE_CHANNEL_SECRET": "line-secret", "LINE_CHANNEL_ACCESS_TOKEN": "line-token", "LINE_API": line, "LINE_DATA_API": line, "PORT": str(self.port)}
        self.log = (self.folder / "log").open("w+")
        self.process = subprocess.Popen([sys.executable, "bot.py"], cwd=self.folder, env=os.environ | own, stdout=self.log, stderr=self.log)
        wait_for(self.is_up, 20, lambda: (self.folder / "log").read_text())
        return self.post, self.line.replies

    def is_up(self) -> bool:
        try:
            return self.post({"events": []}) == 200
        except OSError:
            return False

    def post(self, body: dict, secret: str = "line-secret") -> int:
        """Send a webhook, signed as LINE signs; returns the status."""
        text = json.dumps(body).encode()
        signature = base64.b64encode(hmac.new(secret.encode(), text, hashlib.sha256).digest()).decode() if secret else ""
        asked = HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            asked.request("POST", "/callback", text, {"X-Line-Signature": signature} if signature else {})
            return asked.getresponse().status
        finally:
            asked.close()

    def __exit__(self, *_error) -> None:
        self.process.kill()
        self.process.wait(10)
        self.log.close()
        self.line.shutdown()
        self.line.server_close()
