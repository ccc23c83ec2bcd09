"""What a service like Sentry is told, by a real process to a stand-in for the service."""

import gzip
import json
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from tests.source import ROOT

BREAK = """
import django, logging
django.setup()
from django.conf import settings
from webapp.core import logs
secret, picture, address = settings.SECRET_KEY, b"picture-bytes", "192.0.2.77"
with logs.carrying(request="number-0815"):
    try:
        raise ValueError(f"broke with {secret} and token=swordfish")
    except ValueError:
        logging.getLogger("webapp.some").exception("it %s", "broke", extra={"request": address, "status_code": 500})
"""


@pytest.fixture
def service():
    """What was sent to the stand-in, as text, and its address."""
    told: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            told.append((gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body).decode())
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_args) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    yield told, f"http://publickey@127.0.0.1:{server.server_port}/1"
    server.shutdown()
    server.server_close()


def broken(tmp_path, **variables: str) -> None:
    environment = {"PATH": "/usr/bin:/bin", "DJANGO_SETTINGS_MODULE": "webapp.settings", "AIMAKER_DATA": str(tmp_path), "ENV_FILE": "/dev/null", "SECRET_KEY": "secret-of-a-test-" * 4} | variables
    subprocess.run([sys.executable, "-c", BREAK], cwd=ROOT, env=environment, check=True, capture_output=True)


def test_an_error_is_told_with_its_number_and_without_secrets_pictures_and_addresses(service, tmp_path):
    told, address = service
    broken(tmp_path, SENTRY_DSN=address)
    event = next(json.loads(line) for text in told for line in text.splitlines() if "exception" in json.loads(line))
    assert event["tags"] == {"request": "number-0815"} and event["logentry"]["message"] == "it %s"
    assert event["exception"]["values"][0]["value"] == "broke with *** and token=***"
    assert event["exception"]["values"][0]["stacktrace"]["frames"][-1]["function"] == "<module>"
    assert not [secret for secret in ("s" * 60, "swordfish", "picture-bytes", "192.0.2.77") if secret in "".join(told)]


def test_without_the_setting_the_package_is_not_even_loaded(tmp_path):
    program = "import django, sys; django.setup(); sys.exit('sentry_sdk' in sys.modules)"
    environment = {"PATH": "/usr/bin:/bin", "DJANGO_SETTINGS_MODULE": "webapp.settings", "AIMAKER_DATA": str(tmp_path), "ENV_FILE": "/dev/null"}
    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT, env=environment).returncode == 0
