"""Answers about pictures over HTTP: python server.py

    curl --data-binary @picture.jpg http://127.0.0.1:8000/predict
    curl -F image=@picture.jpg http://127.0.0.1:8000/predict?top=3

POST /predict takes a JPG or PNG file as the body, or as the file of a form. GET /healthz says "ok" when it can answer, GET / what it is.
Settings are variables of the environment: HOST, PORT, MAX_MB (of a picture), AT_ONCE (pictures), CONNECTIONS, TOKEN (then a caller must send
"Authorization: Bearer ..."), ALLOW_ORIGIN (a web page that may ask, or *). Needs what requirements.txt names, and nothing else but Python.
"""

import hmac
import json
import os
import signal
import sys
import threading
import time
import traceback
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from pixels import PictureError, decode
from predict import Model

SILENCE = 20  # seconds that a caller may say nothing
SENDING = 60  # seconds for a whole picture
LAST_WORDS = 8  # seconds for what was begun when it is told to end; a container is killed after ten
PATIENCE = 10  # seconds that a picture waits for its turn
DRAINED = 1_000_000  # bytes of a refused body that are still read, so that the caller gets to see the answer
METHODS = {"/": "GET", "/healthz": "GET", "/predict": "POST"}


class Settings:
    """What the environment says; raises ValueError where it makes no sense."""

    def __init__(self, environment=os.environ):
        self.host = environment.get("HOST", "127.0.0.1")
        self.port = int(environment.get("PORT", "8000"))
        self.most_bytes = int(float(environment.get("MAX_MB", "25")) * 1_000_000)
        self.at_once = int(environment.get("AT_ONCE", str(os.cpu_count() or 1)))
        self.connections = int(environment.get("CONNECTIONS", "64"))
        self.token = environment.get("TOKEN", "")
        self.origin = environment.get("ALLOW_ORIGIN", "")
        if min(self.most_bytes, self.at_once, self.connections) < 1:
            raise ValueError("MAX_MB, AT_ONCE and CONNECTIONS must be positive")


class Refused(Exception):
    """An answer that is an error: HTTP status, a word for programs, a sentence for people, and headers."""

    def __init__(self, status, code, message, **headers):
        super().__init__(message)
        self.status, self.code, self.message = status, code, message
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


class Server(ThreadingHTTPServer):
    """A thread for each connection, and only so many; pictures wait for their turn."""

    daemon_threads = True  # callers that only hold their connection do not keep it from ending
    request_queue_size = 64

    def __init__(self, settings):
        self.settings, self.model = settings, Model()
        self._connections = threading.BoundedSemaphore(settings.connections)
        self._turns = threading.BoundedSemaphore(settings.at_once)
        self._asked, self._idle = 0, threading.Condition()
        super().__init__((settings.host, settings.port), Handler)

    def process_request(self, request, client_address):
        if self._connections.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            turn_away(request)

    def process_request_thread(self, request, client_address):
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._connections.release()

    def handle_error(self, request, client_address):
        error = sys.exc_info()[1]
        if not isinstance(error, OSError):  # a caller that is gone is nobody's fault
            super().handle_error(request, client_address)

    @contextmanager
    def asked(self):
        """Around a request, so that what was begun is answered before the server ends."""
        with self._idle:
            self._asked += 1
        try:
            yield
        finally:
            with self._idle:
                self._asked -= 1
                self._idle.notify_all()

    def settle(self):
        with self._idle:
            self._idle.wait_for(lambda: not self._asked, timeout=LAST_WORDS)

    @contextmanager
    def turn(self):
        if not self._turns.acquire(timeout=PATIENCE):
            raise Refused(503, "busy", "Too many pictures are waiting. Ask again in a second.", Retry_After="1")
        try:
            yield
        finally:
            self._turns.release()

    def answer(self, picture, top):
        """What the model says about a picture file."""
        with self.turn():
            started = time.perf_counter()
            pixels = decode(picture, self.model.about["input_size"])
            decoded = time.perf_counter()
            said = self.model.look(pixels)
            finished = time.perf_counter()
        best = sorted(said["answer"].items(), key=lambda pair: -pair[1])[:top]
        timing = {"decode_ms": decoded - started, "infer_ms": finished - decoded, "total_ms": finished - started}
        return {
            "predictions": [{"label": label, "confidence": confidence} for label, confidence in best],
            "unknown": said["unknown"],
            "timing": {name: round(1000 * seconds, 3) for name, seconds in timing.items()},
        }


class Handler(BaseHTTPRequestHandler):
    protocol_version, server_version, sys_version = "HTTP/1.1", "model", ""
    timeout = SILENCE

    def do_GET(self):
        self.answer(self.get)

    def do_HEAD(self):
        self.answer(self.get)

    def do_POST(self):
        self.answer(self.post)

    def do_OPTIONS(self):
        self.answer(lambda: None)

    def answer(self, verb):
        with self.server.asked():
            self.respond(verb)

    def get(self):
        self.check_path("GET")
        about = self.server.model.about
        if self.path_only == "/healthz":
            return {"status": "ok"}
        return {"labels": about["labels"], "accuracy": about["accuracy"], "input_size": about["input_size"], "ask": "POST a JPG or PNG file to /predict"}

    def post(self):
        self.check_path("POST")
        self.check_token()
        top = self.top()
        try:
            return self.server.answer(self.picture(), top)
        except PictureError as error:
            raise Refused(415 if error.reason == "not_a_picture" else 422, error.reason, str(error)) from error

    @property
    def path_only(self):
        return urlsplit(self.path).path

    def check_path(self, method):
        wanted = METHODS.get(self.path_only)
        if wanted is None:
            raise Refused(404, "not_found", "There is nothing here. POST a picture to /predict.")
        if wanted != method:
            raise Refused(405, "method_not_allowed", f"Use {wanted} here.", Allow=wanted)

    def check_token(self):
        wanted = self.server.settings.token
        if wanted and not hmac.compare_digest(self.headers.get("Authorization", "").encode(), f"Bearer {wanted}".encode()):
            raise Refused(401, "no_token", 'Send the header "Authorization: Bearer" with the token of this server.', WWW_Authenticate="Bearer")

    def top(self):
        given, labels = parse_qs(urlsplit(self.path).query).get("top", [""])[-1], len(self.server.model.labels)
        if not given:
            return labels
        if not given.isascii() or not given.isdecimal() or not 1 <= int(given[:9]) <= 999_999_999:
            raise Refused(422, "top", "top is a whole number from 1 on.")
        return int(given[:9])

    def picture(self):
        """The picture of a request: its body, or the first file of a form."""
        body = self.body()
        kind = self.headers.get("Content-Type", "")
        return form_file(body, kind) if kind.lower().startswith("multipart/form-data") else body

    def body(self):
        length = self.headers.get("Content-Length", "")
        if "Transfer-Encoding" in self.headers or not length.isascii() or not length.isdecimal():
            self.close_connection = True
            raise Refused(411, "length_required", "Send the picture in one piece, with its Content-Length.")
        most = self.server.settings.most_bytes
        if len(length) > 12 or int(length) > most + 10_000:  # what is around the file in a form
            self.close_connection = True
            raise Refused(413, "too_large", f"The picture is larger than {most / 1e6:g} MB.")
        if self.headers.get("Expect", "").lower() == "100-continue":
            self.send_response_only(100)
            self.end_headers()
        return self.read(int(length))

    def read(self, length):
        """So many bytes of the body; whoever sends them drop by drop is not waited for."""
        parts, latest = [], time.monotonic() + SENDING
        while length:
            part = self.rfile.read1(min(length, 65536))
            if not part or time.monotonic() > latest:
                self.close_connection = True
                raise Refused(408, "too_slow", "The picture did not come in time. Send it again.")
            parts.append(part)
            length -= len(part)
        return b"".join(parts)

    def handle_expect_100(self):
        return True  # it is told to go on when its length is known

    def respond(self, verb):
        """Do what was asked, and send what came of it."""
        try:
            status, value, headers = 200, verb(), {}
        except Refused as refused:
            status, headers = refused.status, refused.headers
            value = error(refused.code, refused.message)
        except Exception:
            # Whatever it is, the caller is told, and whoever runs this can read it.
            traceback.print_exc()
            status, value, headers = 500, error("failed", "This picture could not be looked at. The log of the server says why."), {}
        if status >= 400 or (self.command != "POST" and {"Content-Length", "Transfer-Encoding"} & set(self.headers)):
            self.close_connection = True  # a body that was not read is not taken for the next request
        self.send(status, value, headers)

    def send(self, status, value, headers):
        content = b"" if value is None else json.dumps(value, ensure_ascii=False).encode()
        self.send_response(204 if value is None else status)
        for name, header in (self.common() | headers).items():
            self.send_header(name, header)
        if value is not None:
            self.send_header("Content-Length", str(len(content)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)
        if self.close_connection and status >= 400:
            self.drain()

    def common(self):
        headers = {"Content-Type": "application/json; charset=utf-8", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
        if self.server.settings.origin:
            headers |= {"Access-Control-Allow-Origin": self.server.settings.origin, "Access-Control-Allow-Headers": "Authorization, Content-Type", "Vary": "Origin"}
        return headers

    def drain(self):
        """Read a little of what is still coming: closed at once, a connection takes the answer with it."""
        self.wfile.flush()
        self.connection.settimeout(1)
        left = min(DRAINED, int(self.headers.get("Content-Length", "0")[:9] or 0)) if self.headers.get("Content-Length", "0").isdecimal() else 0
        try:
            while left > 0 and (part := self.rfile.read1(min(left, 65536))):
                left -= len(part)
        except OSError:
            return  # it is gone, or waits too

    def log_message(self, line, *values):
        print(self.address_string(), ascii(line % values)[1:-1], flush=True)  # a caller cannot write lines or colours into the log


def error(code, message):
    return {"error": {"code": code, "message": message, "details": {}}}


def turn_away(connection):
    """Close a connection that is one too many, with the reason if it may be had at once."""
    content = json.dumps(error("busy", "Too many are asking. Ask again in a second.")).encode()
    connection.settimeout(1)
    try:
        connection.sendall(b"HTTP/1.1 503 Busy\r\nRetry-After: 1\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(content), content))
    except OSError:
        return  # it is gone
    finally:
        connection.close()


def form_file(body, kind):
    """The bytes of the first file in a form (RFC 7578). Raises Refused."""
    boundary = next((part.strip()[9:].strip('"') for part in kind.split(";") if part.strip().lower().startswith("boundary=")), "")
    for part in body.split(b"--" + boundary.encode("latin1"))[1:] if boundary else ():
        head, _, content = part.partition(b"\r\n\r\n")
        if b"filename=" in head.lower():
            return content.removesuffix(b"\r\n")
    raise Refused(422, "no_picture", "The form has no file in it. Send the picture as the field “image”.")


def main():
    try:
        server = Server(Settings())
    except (OSError, ValueError) as error:
        sys.exit(f"It does not start: {error}. The first lines of server.py name its settings.")
    # A container is told to end by SIGTERM, which its first process has to mind by itself; shutdown() waits for the loop, so another thread calls it.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: threading.Thread(target=server.shutdown).start())
    print(f"Answering at http://{server.server_address[0]}:{server.server_address[1]}/", flush=True)
    server.serve_forever()
    server.settle()


if __name__ == "__main__":
    main()
