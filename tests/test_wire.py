"""Requests that no browser would send, byte by byte, to the real web process (S16)."""

import os
import socket
import subprocess
import sys
import time
from contextlib import suppress

import pytest

from tests import databases
from tests.source import ROOT
from tests.waiting import free_ports


class Web:
    """gunicorn on a folder of its own, and what is said to it over a socket."""

    def __init__(self, data):
        self.port, _other = free_ports()
        self.environment = os.environ | {"AIMAKER_DATA": str(data), "PORT": str(self.port), "HOST": "127.0.0.1", "ENV_FILE": os.devnull} | databases.own(data)
        self.manage("migrate", "--verbosity", "0")
        self.token = self.manage("create_token", "--email", "wire@example.org").split()[-1]
        self.process = subprocess.Popen([sys.executable, "-m", "gunicorn", "--config", "deploy/gunicorn.conf.py", "webapp.wsgi"], cwd=ROOT, env=self.environment)

    def manage(self, *command: str) -> str:
        return subprocess.run([sys.executable, "manage.py", *command], cwd=ROOT, env=self.environment, check=True, capture_output=True, text=True).stdout

    def send(self, *parts: bytes, end: bool = False) -> int:
        """The status of the answer; 0 when the connection was closed without one. `end` stops sending before the answer is read."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=20) as line:
            with suppress(BrokenPipeError, ConnectionResetError):  # an answer may come before all is sent
                for part in parts:
                    line.sendall(part)
                if end:
                    line.shutdown(socket.SHUT_WR)
            with suppress(ConnectionResetError):
                first = line.recv(100)
                return int(first[9:12]) if first else 0
        return 0

    def post(self, path: str, *headers: str, body: bytes = b"", end: bool = False) -> int:
        lines = [f"POST {path} HTTP/1.1", f"Host: 127.0.0.1:{self.port}", f"Authorization: Bearer {self.token}", "Connection: close", *headers]
        return self.send("\r\n".join([*lines, "", ""]).encode(), body, end=end)

    def healthy(self) -> bool:
        with suppress(OSError):
            return self.send(f"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nConnection: close\r\n\r\n".encode()) == 200
        return False


@pytest.fixture(scope="module")
def web(tmp_path_factory):
    web = Web(tmp_path_factory.mktemp("wire"))
    try:
        until = time.monotonic() + 60
        while not web.healthy() and time.monotonic() < until:
            time.sleep(0.2)
        yield web
    finally:
        web.process.terminate()
        web.process.wait(20)


FORM = "Content-Type: multipart/form-data; boundary=b"
PATH = "/api/v1/projects"


def form(*fields: str) -> bytes:
    return "".join(f"--b\r\nContent-Disposition: form-data; {field}\r\n\r\nx\r\n" for field in fields).encode() + b"--b--\r\n"


@pytest.fixture(scope="module")
def uploads(web) -> str:
    made = web.manage("shell", "-c", "from webapp.accounts.models import User; from webapp.projects.services import create_project as c; print(c(owner=User.objects.get(), labels=['a']).id)")
    return f"{PATH}/{made.split()[-1]}/uploads"


def test_a_form_in_chunks_is_not_taken_for_an_empty_success(web, uploads):
    body = form('name="file"; filename="a.jpg"')
    assert 400 <= web.post(uploads, FORM, "Transfer-Encoding: chunked", body=b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)) < 500


@pytest.mark.parametrize(
    "headers",
    [
        ("Content-Length: 2", "Content-Length: 3"),
        ("Content-Length: 2", "Transfer-Encoding: chunked"),
        ("Content-Length: x",),
        ("Content-Length: -1",),
        ("Content-Length: 1e3",),
        ("Transfer-Encoding: chunked, identity",),
    ],
)
def test_a_length_that_can_be_read_in_two_ways_is_refused(web, headers):
    assert web.post(PATH, "Content-Type: application/json", *headers, body=b"{}") in (0, 400, 501)
    assert web.healthy()


def test_a_body_that_is_shorter_than_it_says_is_refused(web, uploads):
    assert web.post(uploads, FORM, "Content-Length: 100000", body=form('name="file"; filename="a.jpg"'), end=True) in (0, 400, 415, 422)
    assert web.post(PATH, "Content-Type: application/json", "Content-Length: 100", body=b'{"labels": ["a"', end=True) in (0, 400, 422)
    assert web.healthy()


def test_a_body_that_says_to_be_larger_than_any_upload_is_refused_before_it_is_sent(web, uploads):
    assert web.post(uploads, FORM, "Content-Length: 2000000000") == 413
    assert web.post("/p/abcdefghijkl", FORM, "Content-Length: 30000000") == 413, "of a page that strangers may post to the form is not read to find its token"


@pytest.mark.parametrize("headers", [["X-Long: " + "x" * 1_000_000], [f"X-{number}: y" for number in range(10_000)]], ids=["long", "many"])
def test_too_many_or_too_long_headers_are_refused(web, headers):
    assert web.post(PATH, *headers) in (0, 400, 431)
    assert web.healthy()


def test_too_many_fields_or_files_are_refused(web, uploads):
    for body, statuses in ((form(*[f'name="f{n}"' for n in range(1001)]), (400, 413)), (form(*[f'name="file"; filename="{n}.jpg"' for n in range(101)]), (413,))):
        assert web.post(uploads, FORM, f"Content-Length: {len(body)}", body=body) in statuses


def test_a_part_in_base64_does_not_take_long(web, uploads):
    body = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\nContent-Transfer-Encoding: base64\r\n\r\n' + b" \n" * 500_000 + b"\r\n--b--\r\n"
    start = time.monotonic()
    assert 400 <= web.post(uploads, FORM, f"Content-Length: {len(body)}", body=body) < 500
    assert time.monotonic() - start < 5
