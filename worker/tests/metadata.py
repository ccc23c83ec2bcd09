"""A stand-in on loopback for the metadata service of a machine of Amazon: it answers by token only, and tells of a notice when told to."""

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

TOKEN = "a-token"


class Metadata:
    """`url` is where it listens; `notice` what it tells of; `asked` counts how often it was asked for that; `is_broken`: it answers with 500."""

    def __init__(self):
        self.notice, self.asked, self.is_broken = "", 0, False
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler(self))
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def end(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def answer(self, path: str, token: str | None) -> tuple[int, str]:
        """The status and the body for a GET."""
        if token != TOKEN:
            return 401, ""
        self.asked += path == "/latest/meta-data/spot/instance-action"
        if self.is_broken:
            return 500, ""
        return (200, json.dumps({"action": self.notice, "time": "2030-01-01T00:02:00Z"})) if self.notice else (404, "")


def handler(service: Metadata) -> type[BaseHTTPRequestHandler]:
    """A handler of requests for this stand-in."""

    class Handler(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            lives = self.headers.get("X-aws-ec2-metadata-token-ttl-seconds", "")
            self._send(200 if self.path == "/latest/api/token" and lives.isdigit() else 400, TOKEN)

        def do_GET(self) -> None:
            self._send(*service.answer(self.path, self.headers.get("X-aws-ec2-metadata-token")))

        def _send(self, status: int, body: str) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_args) -> None:
            """Silent."""

    return Handler
