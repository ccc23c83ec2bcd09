"""Small servers for tests of the door to the network: one that only counts who comes, and one that answers with whatever bytes a test wants."""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Thread

Talk = Callable[[socket.socket], None]


class Server:
    """Listens on one IPv4 address, or with host "" on all of this machine; `connections` counts who came, `requests` keeps the first bytes that each sent."""

    def __init__(self, talk: Talk | None, host: str, port: int = 0):
        both = host == "" and socket.has_dualstack_ipv6()
        self.listener = socket.create_server((host, port), family=socket.AF_INET6 if both else socket.AF_INET, dualstack_ipv6=both)
        self.port = self.listener.getsockname()[1]
        self.url = f"http://{host}:{self.port}/"
        self.connections, self.requests, self.talk = 0, [], talk
        self.peek = False  # True: leave what was sent to the conversation, which speaks TLS
        Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with suppress(OSError):  # the listener is closed when the test ends
            while True:
                line, _address = self.listener.accept()
                self.connections += 1
                Thread(target=self._answer, args=(line,), daemon=True).start()

    def _answer(self, line: socket.socket) -> None:
        with line, suppress(OSError):  # the other side may hang up whenever it likes
            if self.talk:
                self.requests.append(line.recv(65536, socket.MSG_PEEK if self.peek else 0))
                self.talk(line)


@contextmanager
def serving(talk: Talk | None = None, host: str = "127.0.0.1", port: int = 0) -> Iterator[Server]:
    server = Server(talk, host, port)
    try:
        yield server
    finally:
        server.listener.close()


def says(*parts: bytes) -> Talk:
    """A conversation of fixed bytes."""

    def talk(line: socket.socket) -> None:
        for part in parts:
            line.sendall(part)

    return talk


def ok(body: bytes, *headers: str) -> Talk:
    head = ["HTTP/1.1 200 OK", f"Content-Length: {len(body)}", *headers]
    return says("\r\n".join(head).encode() + b"\r\n\r\n" + body)


def redirect(location: str, status: int = 302) -> Talk:
    return says(f"HTTP/1.1 {status} Moved\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n".encode())
