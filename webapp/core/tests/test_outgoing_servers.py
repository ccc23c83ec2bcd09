"""The door to the network comes back in time and with little in its hands, whatever a server does (reliability.md S9)."""

import gzip
import itertools
import socket
import ssl
import subprocess
import time
import tracemalloc

import pytest

from tests.source import imports, is_test, name, python_files
from webapp.core import outgoing
from webapp.core.outgoing import OutgoingError, fetch, head
from webapp.core.tests.servers import ok, redirect, says, serving

CHUNK = b"10000\r\n" + b"x" * 65536 + b"\r\n"


def endless(start: bytes, again: bytes, pause: float = 0.0):
    """Says something, and then the same again and again until nobody listens."""

    def talk(line: socket.socket) -> None:
        line.sendall(start)
        for _turn in itertools.count():
            line.sendall(again)
            time.sleep(pause)

    return talk


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\n"
HOSTILE = {
    "an endless body": endless(HEAD + b"\r\n", b"x" * 65536),
    "an endless chunked body": endless(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", CHUNK),
    "an endless chunk size": endless(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"0" * 65536),
    "endless trailers": endless(HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", b"X: y\r\n" * 999),
    "ten gigabytes announced": says(HEAD + b"Content-Length: 10000000000\r\n\r\n" + b"x" * 1000),
    "less than announced": says(HEAD + b"Content-Length: 1000\r\n\r\n" + b"x" * 10),
    "a negative length": endless(HEAD + b"Content-Length: -1\r\n\r\n", b"x" * 65536),
    "a chunk cut short": says(HEAD + b"Transfer-Encoding: chunked\r\n\r\nff\r\nxx"),
    "a byte now and then": endless(HEAD + b"\r\n", b"x", pause=0.05),
    "a header byte now and then": endless(b"HTTP/1.1 200 OK\r\nX: ", b"y", pause=0.05),
    "endless headers": endless(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n" * 1000),
    "one endless header": endless(b"HTTP/1.1 200 OK\r\nX: ", b"y" * 65536),
    "continue, for ever": endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 100),
    "silence": lambda line: time.sleep(2),
    "nothing at all": says(b""),
    "HTTP of the year 1991": says(b"<html>hello</html>"),
    "a packed body": ok(gzip.compress(b"0" * 1_000_000), "Content-Encoding: gzip"),
}


@pytest.mark.parametrize("talk", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_server_costs_little_time_and_memory(talk):
    with serving(talk) as server:
        tracemalloc.start()
        start = time.monotonic()
        with pytest.raises(OutgoingError, match="could not be fetched"):
            fetch(server.url, limit_bytes=1_000_000, timeout=0.6)
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert time.monotonic() - start < 1.5
        assert most < 8_000_000


def test_a_redirect_loop_ends():
    with serving() as server:
        server.talk = redirect(server.url)
        with pytest.raises(OutgoingError):
            fetch(server.url, limit_bytes=10, timeout=2)
        assert server.connections == outgoing.REDIRECTS + 1


def test_the_head_of_what_is_elsewhere_is_told_by_the_first_host_and_nobody_else_is_asked():
    with serving(ok(b"x")) as elsewhere, serving(redirect(elsewhere.url)) as server:
        answer = head(server.url, timeout=2)
        assert (answer.status, answer.headers["Location"], answer.content) == (302, elsewhere.url, b"")
        assert (server.connections, elsewhere.connections) == (1, 0)


def test_a_body_of_just_the_limit_is_taken_and_one_more_byte_is_not():
    with serving(ok(b"x" * 100)) as server:
        assert len(fetch(server.url, limit_bytes=100).content) == 100
        with pytest.raises(OutgoingError) as caught:
            fetch(server.url, limit_bytes=99)
        assert caught.value.permanent


@pytest.mark.parametrize("status", ["204 No Content", "304 Not Modified", "404 Not Found", "429 Too Many Requests", "500 Oops"])
def test_every_other_status_is_handed_to_the_caller(status):
    with serving(says(f"HTTP/1.1 {status}\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n".encode())) as server:
        found = fetch(server.url, limit_bytes=100)
    assert (found.status, found.headers["retry-after"], found.content) == (int(status[:3]), "7", b"")


def test_a_chunked_body_and_one_without_length_are_read_whole():
    for talk in (says(HEAD + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"), says(HEAD + b"\r\nabcde")):
        with serving(talk) as server:
            assert fetch(server.url, limit_bytes=5).content == b"abcde"


def test_the_request_says_who_we_are_and_asks_for_nothing_packed_and_no_cookies():
    with serving(ok(b"x", "Set-Cookie: a=b")) as server:
        for _time in range(2):
            fetch(server.url, limit_bytes=5, accept="application/json", params={"q": "cat"})
    asked = server.requests[1].decode()
    assert asked.startswith("GET /?q=cat HTTP/1.1\r\n")
    assert "User-Agent: AIMaker/1.0 (tests@example.org)" in asked and "Accept-Encoding: identity" in asked and "Accept: application/json" in asked
    assert "Cookie" not in asked and "Referer" not in asked


def test_a_header_cannot_smuggle_another_one_in():
    with serving(ok(b"x")) as server:
        with pytest.raises(OutgoingError):
            fetch(server.url, headers={"X-Key": "a\r\nX-Evil: b"}, limit_bytes=5)
        assert not any(b"Evil" in request for request in server.requests)


def test_a_port_nobody_listens_on_is_an_error_that_may_pass():
    with serving() as server:
        url = server.url
    with pytest.raises(OutgoingError) as caught:
        fetch(url, limit_bytes=5, timeout=2)
    assert not caught.value.permanent


@pytest.fixture
def certificate(tmp_path):
    """Files of a key and of a certificate for pictures.example.org that it has signed itself."""
    key, cert = tmp_path / "key.pem", tmp_path / "cert.pem"
    new = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=x -addext subjectAltName=DNS:pictures.example.org"
    subprocess.run([*new.split(), "-keyout", key, "-out", cert], check=True, capture_output=True)
    return cert, key


def over_tls(certificate, talk):
    """The same conversation over TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)

    def secured(line: socket.socket) -> None:
        with context.wrap_socket(line, server_side=True) as secure:
            secure.recv(65536)
            talk(secure)

    return secured


def named(monkeypatch, line_host: str) -> None:
    """Every name leads to this address."""
    monkeypatch.setattr("webapp.core.outgoing.addresses", lambda *_: [line_host])


@pytest.fixture
def secure_server(monkeypatch, certificate):
    """A server that speaks TLS, and a door that trusts its certificate and finds it under every name."""
    trusting = ssl.create_default_context(cafile=certificate[0])
    monkeypatch.setattr(outgoing, "tls", lambda: trusting)
    named(monkeypatch, "127.0.0.1")
    with serving(over_tls(certificate, ok(b"secret"))) as server:
        server.peek = True
        yield server


def test_the_certificate_is_checked_against_the_name_although_the_address_is_pinned(secure_server):
    assert fetch(f"https://pictures.example.org:{secure_server.port}/", limit_bytes=10).content == b"secret"
    with pytest.raises(OutgoingError):
        fetch(f"https://other.example.org:{secure_server.port}/", limit_bytes=10)


def test_a_certificate_that_nobody_vouches_for_is_refused(monkeypatch, secure_server):
    monkeypatch.undo()
    named(monkeypatch, "127.0.0.1")
    with pytest.raises(OutgoingError):
        fetch(f"https://pictures.example.org:{secure_server.port}/", limit_bytes=10)


def test_a_slow_body_over_tls_ends_in_time_too(secure_server, certificate):
    secure_server.talk = over_tls(certificate, endless(HEAD + b"\r\n", b"x", pause=0.05))
    start = time.monotonic()
    with pytest.raises(OutgoingError):
        fetch(f"https://pictures.example.org:{secure_server.port}/", limit_bytes=1000, timeout=0.6)
    assert time.monotonic() - start < 1.5


def test_nothing_else_in_the_house_speaks_http_to_others():
    clients = {"requests", "httpx", "urllib3", "aiohttp", "urllib.request", "http.client", "microsoft_antissrf"}
    rooms = [path for path in python_files() if name(path).split("/")[0] in ("webapp", "worker", "trainer") and not is_test(path)]
    found = {name(path): clients & imports(path) for path in rooms if clients & imports(path)}
    # The supervisor asks the server that it has just started itself whether it is ready, and a worker at Amazon the machine that it runs on; what is in `carry/` travels with a model and runs elsewhere.
    found = {path: known for path, known in found.items() if not path.startswith("webapp/bundles/carry/")}
    assert found == {name: {"http.client"} for name in ("webapp/core/outgoing.py", "webapp/core/supervisor/readiness.py", "worker/spot.py")}
