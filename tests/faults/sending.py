"""A form with a file that is sent by hand, as far as a test wants."""

import http.client
import socket
import ssl
from contextlib import suppress
from uuid import uuid4


class Sending:
    """One POST of a file to a port; `who` are headers, `trust` is for one that speaks TLS. Nothing of the file is sent before `send`."""

    def __init__(self, port: int, path: str, content: bytes, name: str, trust: ssl.SSLContext | None = None, **who: str):
        mark = uuid4().hex
        begin = f'--{mark}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\nContent-Type: application/octet-stream\r\n\r\n'
        self.parts = [memoryview(part) for part in (begin.encode(), content, f"\r\n--{mark}--\r\n".encode())]  # no copy: it may be large, and many may send it
        self.length = sum(map(len, self.parts))
        lines = {"Host": f"127.0.0.1:{port}", "Content-Type": f"multipart/form-data; boundary={mark}", "Content-Length": str(self.length)} | who
        head = f"POST {path} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        self.line = socket.create_connection(("127.0.0.1", port), timeout=120)
        if trust:
            self.line = trust.wrap_socket(self.line, server_hostname="127.0.0.1")
        self.line.sendall(f"{head}\r\n".encode())
        self.sent = 0

    def send(self, share: float) -> "Sending":
        """Bring it to this share of all bytes, unless the other end takes no more: `status` then says why."""
        until, start = int(share * self.length), 0
        with suppress(OSError):
            for part in self.parts:
                self.line.sendall(part[max(0, self.sent - start) : max(0, until - start)])
                start += len(part)
        self.sent = until
        return self

    def status(self) -> int:
        """What it was answered; 0 when the line ended without an answer."""
        answer = http.client.HTTPResponse(self.line)
        with suppress(OSError, http.client.HTTPException):
            answer.begin()
            answer.read()
            return answer.status
        return 0

    def close(self) -> None:
        self.line.close()
