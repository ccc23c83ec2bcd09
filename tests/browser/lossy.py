"""A line between a browser and a server that can be cut at an exact byte. It counts what it lets through of the bodies of PATCH requests."""

import re
import socket
from contextlib import suppress
from threading import Event, Lock, Thread
from typing import NamedTuple

PIECE = 1 << 14


class Piece(NamedTuple):
    """What got through of one PATCH."""

    offset: int  # as the browser said
    bytes: int


class LossyLine:
    """Listens on `port`. After `cut_at` bytes it lets nothing more through: `is_cut` is set then, and everything waits or breaks until `mend`."""

    def __init__(self, server_port: int):
        self.server_port, self.cut_at = server_port, None
        self.pieces: list[Piece] = []
        self.is_cut, self.breaks = Event(), True
        self._lock, self._listener = Lock(), socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        Thread(target=self._accept, daemon=True).start()

    @property
    def through(self) -> int:
        return sum(piece.bytes for piece in self.pieces)

    def cut_after(self, count: int, breaks: bool = True) -> None:
        """Cut when so many bytes are through: connections break at once, or (a phone that left its network) go nowhere."""
        self.cut_at, self.breaks = count, breaks
        self.is_cut.clear()

    def mend(self) -> None:
        self.cut_at = None
        self.is_cut.clear()

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                Thread(target=self._serve, args=[self._listener.accept()[0]], daemon=True).start()

    def _serve(self, browser: socket.socket) -> None:
        """One request; then both sides are told that it was the last of its connection."""
        with browser, suppress(OSError):
            if self.is_cut.is_set() and self.breaks:
                return
            head, body = read_head(browser)
            if head:
                with socket.create_connection(("127.0.0.1", self.server_port)) as server:
                    self._exchange(browser, server, head, body)

    def _exchange(self, browser: socket.socket, server: socket.socket, head: bytes, body: bytes) -> None:
        server.sendall(re.sub(rb"(?im)^Connection:.*\r\n", b"", head)[:-2] + b"Connection: close\r\n\r\n")
        length, offset = header(head, "Content-Length"), header(head, "Upload-Offset")
        count = self._counter(offset) if head.startswith(b"PATCH") else None
        while length:
            body = body or browser.recv(min(PIECE, length))
            if not body:
                return
            length -= len(body)
            if count is None:
                server.sendall(body)
            elif not self._let_through(server, body, count):
                return self._sever(browser, server)
            body = b""
        while answer := server.recv(PIECE):
            browser.sendall(answer)

    def _counter(self, offset: int) -> int:
        with self._lock:
            self.pieces.append(Piece(offset, 0))
            return len(self.pieces) - 1

    def _let_through(self, server: socket.socket, body: bytes, number: int) -> bool:
        """Send on as much as may get through; false when that was not all."""
        room = len(body) if self.cut_at is None else max(0, min(len(body), self.cut_at - self.through))
        server.sendall(body[:room])
        with self._lock:
            self.pieces[number] = Piece(self.pieces[number].offset, self.pieces[number].bytes + room)
        return room == len(body)

    def _sever(self, browser: socket.socket, server: socket.socket) -> None:
        self.is_cut.set()
        if not self.breaks:
            while browser.recv(PIECE):  # into nowhere, until the browser gives up
                pass


def read_head(browser: socket.socket) -> tuple[bytes, bytes]:
    """The first line and the headers of a request, and what came of its body with them."""
    data = b""
    while b"\r\n\r\n" not in data:
        part = browser.recv(PIECE)
        if not part:
            return b"", b""
        data += part
    head, _, body = data.partition(b"\r\n\r\n")
    return head + b"\r\n\r\n", body


def header(head: bytes, name: str) -> int:
    found = re.search(rf"(?im)^{name}: *(\d+)".encode(), head)
    return int(found[1]) if found else 0
