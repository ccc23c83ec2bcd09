"""nginx as deploy/nginx.conf makes it, for real: what it serves itself, what it asks of whom, and what it keeps from us."""

import gzip
import http.client
import json
import os
import re
import shutil
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
import trustme
from django.urls import get_resolver

from deploy import nginx
from tests.faults.measured import measured
from tests.machine import free_ports, wait_for
from tests.source import ROOT
from webapp.core.sending import FOR_GOOD
from webapp.core.tracing import SECRET_PARTS

PROGRAM = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
pytestmark = pytest.mark.skipif(not PROGRAM, reason="nginx is not installed (Debian package nginx)")
SCRIPT = b"let a = 1; " * 400
HASHED = "core/app.0123456789ab.css"
FILES = {"/private": "/_files/images/a.jpg", "/gone": "/_files/images/gone.jpg", "/away": "/_bucket/a.jpg", "/api/v1/away": "/_bucket/a.jpg"}
SECRET = "abcdefgh1234"
LETS_IN = ("/p/{}", "/p/{}/quiz/1.jpg", "/ws/p/{}/live", "/undo/{}", "/accounts/confirm-email/{}/", "/accounts/password/reset/key/1-{}/")


class Echo(BaseHTTPRequestHandler):
    """Says what it heard. What FILES names: a file that nginx shall serve; /breaks: breaks off without an answer."""

    protocol_version = "HTTP/1.1"

    def handle_any(self) -> None:
        self.server.heard.append(f"{self.command} {self.path}")
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path == "/breaks":
            self.close_connection = True
            return
        self.send_response(200)
        if self.path in FILES:
            private = {"X-Accel-Redirect": FILES[self.path], "Content-Type": "image/jpeg", "X-Kept": FOR_GOOD, "Content-Security-Policy": "sandbox", "X-Content-Type-Options": "nosniff"}
            for name, value in private.items():
                self.send_header(name, value)
        answer = json.dumps({"headers": {name.lower(): value for name, value in self.headers.items()}, "path": self.path, "length": len(body), "me": self.server.name}).encode()
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    do_GET = do_POST = do_PATCH = handle_any

    def log_message(self, *_words) -> None:
        """Quiet."""


class Front:
    """nginx with two web processes and a live one behind it, all of which echo."""

    def __init__(self, folder: Path):
        self.folder, self.signer = folder, trustme.CA()
        self.plain, self.secure = free_ports()
        self.behind = {name: self.echo(name) for name in ("web1", "web2", "live")}
        self.lay_out()
        at = {name: f"server 127.0.0.1:{server.server_port} max_fails=0;" for name, server in self.behind.items()}
        command = nginx.in_folder(
            folder / "nginx", SITE_HTTP_PORT=str(self.plain), SITE_HTTPS_PORT=str(self.secure), SITE_WEB=f"{at['web1']} {at['web2']}", SITE_LIVE=at["live"],
            SITE_CERTIFICATE=str(folder / "certificate"), SITE_CERTIFICATE_KEY=str(folder / "key"), SITE_URL=f"https://127.0.0.1:{self.secure}",
            SITE_STATIC=str(folder / "static"), SITE_PLAIN=str(folder / "plain"), SITE_FILES=str(folder / "store"),
        )
        checked = subprocess.run([PROGRAM, *command[1:], "-t"], capture_output=True, text=True)
        assert checked.returncode == 0 and "warn" not in checked.stderr, checked.stderr
        self.process = subprocess.Popen([PROGRAM, *command[1:]], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for(lambda: socket.socket().connect_ex(("127.0.0.1", self.secure)) == 0, 20)

    def echo(self, name: str) -> ThreadingHTTPServer:
        server = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
        server.name, server.heard, server.daemon_threads = name, [], True
        Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        return server

    def lay_out(self) -> None:
        certificate = self.signer.issue_cert("127.0.0.1")
        certificate.private_key_pem.write_to_path(self.folder / "key")
        certificate.cert_chain_pems[0].write_to_path(self.folder / "certificate")
        files = {f"static/{HASHED}": b"a {}", "static/live/brain.0123456789ab.js": SCRIPT, "plain/runtime/ort.mjs": SCRIPT, "plain/runtime/ort.wasm": b"\0asm", "store/images/a.jpg": b"\xff\xd8", "secret_key": b"k"}
        for name, content in files.items():
            (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
            (self.folder / name).write_bytes(content)
        (self.folder / "static/live/brain.0123456789ab.js.gz").write_bytes(gzip.compress(SCRIPT))

    @contextmanager
    def line(self) -> Iterator[http.client.HTTPSConnection]:
        trust = ssl.create_default_context()
        self.signer.configure_trust(trust)
        line = http.client.HTTPSConnection("127.0.0.1", self.secure, timeout=20, context=trust)
        yield line
        line.close()

    def ask(self, path: str, method: str = "GET", body: bytes | None = None, **headers: str) -> tuple[int, http.client.HTTPMessage, bytes]:
        with self.line() as line:
            line.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
            answer = line.getresponse()
            return answer.status, answer.headers, answer.read()

    def heard(self, path: str) -> int:
        """How often a web process was asked for a path."""
        return sum(said.endswith(f" {path}") for name in ("web1", "web2") for said in self.behind[name].heard)

    def written(self) -> str:
        """What stands in its logs."""
        return "".join(log.read_text() for log in (self.folder / "nginx").glob("*.log"))

    def end(self) -> None:
        self.process.terminate()
        self.process.wait(timeout=10)
        for server in self.behind.values():
            server.shutdown()
            server.server_close()


@pytest.fixture(scope="module")
def front(tmp_path_factory) -> Iterator[Front]:
    front = Front(tmp_path_factory.mktemp("front"))
    yield front
    front.end()


def routes(resolver, before: str = "") -> Iterator[str]:
    """Every address of ours as it is written down."""
    for found in resolver.url_patterns:
        route = before + str(found.pattern)
        yield from routes(found, route) if hasattr(found, "url_patterns") else [route]


def test_static_files_are_kept_for_ever_where_their_name_has_a_hash_and_packed_where_that_is_there(front: Front) -> None:
    status, headers, body = front.ask(f"/static/{HASHED}")
    assert (status, body, headers["Cache-Control"], headers["Content-Type"]) == (200, b"a {}", "max-age=315360000, public, immutable", "text/css")
    _status, headers, body = front.ask("/static/live/brain.0123456789ab.js", Accept_Encoding="gzip")
    assert gzip.decompress(body) == SCRIPT and headers["Content-Encoding"] == "gzip" and headers["X-Content-Type-Options"] == "nosniff"
    assert not front.heard(f"/static/{HASHED}")


def test_scripts_of_workers_are_isolated_and_what_runs_models_has_its_types(front: Front) -> None:
    assert front.ask("/static/live/brain.0123456789ab.js")[1]["Cross-Origin-Embedder-Policy"] == "require-corp"
    assert front.ask(f"/static/{HASHED}")[1]["Cross-Origin-Embedder-Policy"] is None
    _status, script, _body = front.ask("/runtime/ort.mjs")
    assert (script["Content-Type"], script["Cross-Origin-Embedder-Policy"], script["Cache-Control"]) == ("text/javascript", "require-corp", "max-age=60, public")
    assert front.ask("/runtime/ort.wasm")[1]["Content-Type"] == "application/wasm"


def test_a_static_file_of_another_release_is_asked_of_the_web_processes(front: Front) -> None:
    assert json.loads(front.ask("/static/core/old.ba9876543210.css")[2])["path"] == "/static/core/old.ba9876543210.css"


@pytest.mark.parametrize("path", ["/static../secret_key", "/static/../secret_key", "/static/..%2fsecret_key", "/runtime/../../secret_key", "/_files../secret_key"])
def test_no_path_leads_out_of_the_served_folders(front: Front, path: str) -> None:
    assert front.ask(path)[2] != b"k"


def test_private_files_are_given_when_a_web_process_says_so_and_to_nobody_who_asks_for_them(front: Front) -> None:
    assert front.ask("/_files/images/a.jpg")[0] == 404
    status, headers, body = front.ask("/private")
    assert (status, body, headers["Content-Type"], headers.get_all("Cache-Control")) == (200, b"\xff\xd8", "image/jpeg", [FOR_GOOD])
    assert (headers["Content-Security-Policy"], headers["X-Content-Type-Options"], headers["X-Accel-Redirect"], headers["X-Kept"]) == ("sandbox", "nosniff", None, None)


def test_what_goes_wrong_with_a_private_file_is_kept_by_nobody(front: Front) -> None:
    for path, status in (("/gone", 404), ("/away", 503), ("/api/v1/away", 503)):
        told, headers, _body = front.ask(path)
        assert (told, headers["Cache-Control"], headers["Content-Type"].partition(";")[0] == "image/jpeg") == (status, None, False), path


def test_a_bucket_that_is_away_is_told_as_that_to_people_and_to_programs(front: Front) -> None:
    _status, headers, page = front.ask("/away")
    assert headers["Retry-After"] == "5" and headers["Content-Type"] == "text/html; charset=utf-8" and "保管場所".encode() in page and b"restarted" not in page
    _status, headers, said = front.ask("/api/v1/away")
    assert (headers["Retry-After"], headers["Content-Type"]) == ("5", "application/json") and "files" in json.loads(said)["error"]["message"]


def test_the_numbers_for_prometheus_do_not_go_out(front: Front) -> None:
    assert front.ask("/metrics", Authorization="Bearer right")[0] == 404 and not front.heard("/metrics")


def test_the_log_says_neither_who_asked_nor_what_lets_in(front: Front) -> None:
    for path in LETS_IN:
        front.ask(f"{path.format(SECRET)}?code={SECRET}", Referer=f"https://127.0.0.1/p/{SECRET}")
    front.ask("/projects/last")
    wait_for(lambda: "/projects/last" in front.written(), 5)
    written = front.written()
    assert SECRET not in written and "127.0.0.1 [" not in written and written.count("/p/***") >= 3


def test_whatever_lets_in_by_its_address_is_masked_in_the_log() -> None:
    beginnings = {route.partition("<")[0].partition("(")[0].replace("^", "") for route in routes(get_resolver()) if re.search(rf"<(\w+:)?({'|'.join(SECRET_PARTS)})>", route)}
    assert {f"/{beginning}" for beginning in beginnings} == {path.partition("{}")[0].removesuffix("1-") for path in LETS_IN} - {"/ws/p/"}


def test_who_asks_is_told_by_nginx_alone(front: Front) -> None:
    told = json.loads(front.ask("/", X_Forwarded_For="8.8.8.8", X_Forwarded_Proto="http", Host="ai.example.org")[2])["headers"]
    assert (told["x-forwarded-for"], told["x-forwarded-proto"], told["host"]) == ("127.0.0.1", "https", "ai.example.org")


def test_sockets_go_to_the_live_process(front: Front) -> None:
    told = json.loads(front.ask("/ws/models/1", Upgrade="websocket", Connection="Upgrade")[2])
    assert told["me"] == "live" and told["headers"]["upgrade"] == "websocket" and told["headers"]["connection"] == "upgrade"


def test_http_is_sent_to_https(front: Front) -> None:
    line = http.client.HTTPConnection("127.0.0.1", front.plain, timeout=20)
    line.request("GET", "/a?b=c")
    answer = line.getresponse()
    assert (answer.status, answer.headers["Location"]) == (301, f"https://127.0.0.1:{front.secure}/a?b=c")
    line.close()


@pytest.mark.parametrize(("path", "megabytes", "status"), [("/projects/1/rename", 26, 413), ("/models/1/try/", 60, 200), ("/api/v1/transfers/1", 31, 200), ("/api/v1/transfers/1", 33, 413)])
def test_a_body_is_as_large_as_its_address_allows(front: Front, path: str, megabytes: int, status: int) -> None:
    assert front.ask(path, "POST", bytes(megabytes * 2**20), Expect="")[0] == status


def test_a_slow_body_holds_no_web_process(front: Front) -> None:
    with front.line() as line:
        line.putrequest("POST", "/slow")
        line.putheader("Content-Length", "1000")
        line.endheaders(bytes(500))
        time.sleep(0.3)
        assert not front.heard("/slow")
        line.send(bytes(500))
        assert json.loads(line.getresponse().read())["length"] == 1000 and front.heard("/slow") == 1


@pytest.mark.nightly
def test_five_hundred_slow_clients_hold_up_nobody(front: Front) -> None:
    slow = [dribbling(front) for _client in range(500)]
    took = []
    for number in range(200):
        slow[number % len(slow)].send(b"a")
        began = time.monotonic()
        assert front.ask("/quick")[0] == 200
        took.append(time.monotonic() - began)
    for line in slow:
        line.close()
    measured("L7", "the 99th of 100 pages while 500 clients sent their forms byte by byte", sorted(took)[-3])
    assert sorted(took)[-3] <= 1 and not front.heard("/dribble")


def dribbling(front: Front) -> ssl.SSLSocket:
    """A line on which a long form has begun to come."""
    line = ssl._create_unverified_context().wrap_socket(socket.create_connection(("127.0.0.1", front.secure), timeout=20))
    line.send(b"POST /dribble HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\na")
    return line


def test_a_question_that_is_broken_off_is_asked_again_and_a_change_is_not(front: Front) -> None:
    for method, times in (("GET", 2), ("POST", 1)):
        before = front.heard("/breaks")
        assert front.ask("/breaks", method, b"")[0] == 503
        assert front.heard("/breaks") - before == times


def test_while_one_web_process_is_away_the_other_answers_and_while_both_are_people_and_programs_are_told(tmp_path: Path) -> None:
    front = Front(tmp_path)
    front.behind["web1"].shutdown()
    front.behind["web1"].server_close()
    assert {json.loads(front.ask("/", method, b"")[2])["me"] for method in ("GET", "POST") * 4} == {"web2"}
    front.behind["web2"].shutdown()
    front.behind["web2"].server_close()
    status, headers, body = front.ask("/projects/")
    assert (status, headers["Retry-After"], headers["Content-Type"]) == (503, "5", "text/html; charset=utf-8") and "再起動".encode() in body
    status, headers, body = front.ask("/api/v1/projects")
    assert (status, headers["Content-Type"], json.loads(body)["error"]["code"]) == (503, "application/json", "unavailable")
    front.end()


def test_the_configuration_of_a_machine_is_printed_with_what_its_operator_says() -> None:
    printed = subprocess.run([sys.executable, "deploy/nginx.py"], cwd=ROOT, env={"SITE_NAME": "ai.example.org"}, capture_output=True, text=True).stdout
    assert "server_name ai.example.org;" in printed and "${" not in printed.replace("${request_time}", "").replace("${upstream_response_time}", "")
