"""Private files on their way out: by this process, by nginx from a folder and out of a bucket, and by the bucket itself. nginx and the bucket are real."""

import shutil
import socket
import ssl
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import httpx
import pytest
import trustme
from django.core.handlers.wsgi import WSGIRequest
from django.http import Http404, HttpResponse
from django.test import SimpleTestCase, override_settings

from deploy import nginx
from tests.bucket import address, bucket
from tests.waiting import free_ports, wait_for
from webapp.core import store
from webapp.core.sending import ASKING, FOR_GOOD, NEVER, Parcel, send

PROGRAM = shutil.which("nginx", path="/usr/sbin:/usr/bin")
CONTENT = bytes(range(256)) * 40
PARCELS = {
    "/shown": Parcel("tests/a.jpg", "image/jpeg", FOR_GOOD),
    "/asked": Parcel("tests/a.jpg", "image/jpeg", ASKING),
    "/saved": Parcel("tests/b/1-2.zip", "application/zip", NEVER, called="猫 & \"dogs\".zip", etag='"1-2"'),
    "/gone": Parcel("tests/gone.jpg", "image/jpeg", FOR_GOOD),
}


def door(environ: dict, start: Callable) -> Iterator[bytes]:
    """A view behind its gate, without the rest of the house."""
    try:
        answer = send(WSGIRequest(environ), PARCELS[environ["PATH_INFO"]])
    except Http404:
        answer = HttpResponse(status=404)
    start(f"{answer.status_code} ", list(answer.items()))
    yield from answer
    answer.close()


class Quiet(WSGIRequestHandler):
    def log_message(self, *_words) -> None:
        """Says nothing."""


class SendingCase(SimpleTestCase):
    """A real web server with that view, and somebody who asks it."""

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.server = make_server("127.0.0.1", 0, door, WSGIServer, Quiet)
        cls.addClassCleanup(cls.server.server_close)
        cls.addClassCleanup(cls.server.shutdown)
        Thread(target=cls.server.serve_forever, args=(0.05,), daemon=True).start()
        cls.base, cls.trust = f"http://127.0.0.1:{cls.server.server_port}", True

    def put_files(self) -> None:
        for parcel in (PARCELS["/shown"], PARCELS["/saved"]):
            store.put(parcel.name, CONTENT)
        self.addCleanup(store.delete_folder, "tests")

    def ask(self, path: str, **headers: str) -> httpx.Response:
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        return httpx.get(self.base + path, headers=headers, verify=self.trust, follow_redirects=True, trust_env=False)

    def check_all(self) -> None:
        """What holds whoever carries the bytes."""
        shown, saved = self.ask("/shown"), self.ask("/saved")
        assert (shown.status_code, shown.content, shown.headers["Content-Type"], shown.headers["Cache-Control"]) == (200, CONTENT, "image/jpeg", FOR_GOOD)
        assert (saved.content, saved.headers["Content-Type"], saved.headers["Cache-Control"]) == (CONTENT, "application/zip", NEVER)
        assert saved.headers["Content-Disposition"] == "attachment; filename*=utf-8''%E7%8C%AB%20%26%20%22dogs%22.zip"
        assert "Content-Disposition" not in shown.headers
        assert self.ask("/asked").headers["Cache-Control"] == ASKING and self.ask("/gone").status_code in (403, 404)
        part = self.ask("/saved", Range="bytes=10-19")
        assert (part.status_code, part.content, part.headers["Content-Range"]) == (206, CONTENT[10:20], f"bytes 10-19/{len(CONTENT)}")

    def check_ours(self) -> None:
        """What holds where the address is ours: nothing runs where it is opened, and nobody learns who carried it."""
        for path in ("/shown", "/saved"):
            headers = self.ask(path).headers
            assert (headers["X-Content-Type-Options"], headers["Content-Security-Policy"]) == ("nosniff", "default-src 'none'; sandbox")
            assert not [name for name in headers if name in ("x-amz-id-2", "x-amz-request-id", "x-accel-redirect")]


class PythonTests(SendingCase):
    def test_this_process_sends_files_of_a_folder_and_of_a_bucket(self) -> None:
        for place in (override_settings(), bucket()):
            with place:
                self.put_files()
                self.check_all()
                self.check_ours()
                assert self.ask("/gone").status_code == 404
                self.doCleanups()


@pytest.mark.skipif(not PROGRAM, reason="nginx is not installed (Debian package nginx)")
class NginxTests(SendingCase):
    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        folder, signer = Path(cls.enterClassContext(tempfile.TemporaryDirectory())), trustme.CA()
        certificate, (plain, secure) = signer.issue_cert("127.0.0.1"), free_ports()
        certificate.private_key_and_cert_chain_pem.write_to_path(folder / "pem")
        signer.cert_pem.write_to_path(folder / "signer")
        pem = {name: str(folder / "pem") for name in ("SITE_CERTIFICATE", "SITE_CERTIFICATE_KEY")}
        ports = {"SITE_HTTP_PORT": str(plain), "SITE_HTTPS_PORT": str(secure)}
        places = {"SITE_WEB": f"server 127.0.0.1:{cls.server.server_port};", "SITE_FILES": store.default_storage.location, "SITE_BUCKET": address(), "SITE_TRUSTED": str(folder / "signer")}
        command = nginx.in_folder(folder / "nginx", **pem, **ports, **places)
        process = subprocess.Popen([PROGRAM, *command[1:]], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        cls.addClassCleanup(process.wait, 10)
        cls.addClassCleanup(process.terminate)
        wait_for(lambda: socket.socket().connect_ex(("127.0.0.1", secure)) == 0, 20)
        cls.base, cls.trust = f"https://127.0.0.1:{secure}", ssl.create_default_context()
        signer.configure_trust(cls.trust)

    def check_asked_again(self) -> None:
        """What is still the same comes without its bytes, and that a file is gone is kept by nobody."""
        first = self.ask("/asked")
        assert self.ask("/asked", If_None_Match=first.headers["ETag"]).status_code == 304
        assert self.ask("/gone").status_code == 404 and "Cache-Control" not in self.ask("/gone").headers

    def test_nginx_sends_files_of_a_folder(self) -> None:
        with override_settings(FILES_BY="accel"):
            self.put_files()
            self.check_all()
            self.check_ours()
            self.check_asked_again()
            assert self.ask("/_files/tests/a.jpg").status_code == 404

    def test_nginx_sends_files_of_a_bucket_and_tells_it_nothing_of_who_asks(self) -> None:
        with bucket(FILES_BY="accel") as name:
            self.put_files()
            self.check_all()
            self.check_ours()
            self.check_asked_again()
            assert self.ask("/shown", Authorization="Bearer ours", Cookie="sessionid=ours").content == CONTENT
            assert self.ask(f"/_bucket/{name}/tests/a.jpg").status_code == 404


class SignedTests(SendingCase):
    def test_the_bucket_sends_files_at_addresses_that_end(self) -> None:
        with bucket(FILES_BY="signed", STORE_URL=address()):
            self.put_files()
            self.check_all()
            first = httpx.get(self.base + "/saved", trust_env=False)
            assert (first.status_code, first.headers["Cache-Control"]) == (302, NEVER) and "X-Amz-Expires=300" in first.headers["Location"]
            kept = httpx.get(self.base + "/shown", trust_env=False)
            assert kept.headers["Cache-Control"] == "private, max-age=1800" and "X-Amz-Expires=3600" in kept.headers["Location"]
