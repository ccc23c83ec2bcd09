"""A small proxy between two sockets that can misbehave as networks do."""

import socket
from contextlib import suppress
from pathlib import Path
from threading import Thread

PASS, REFUSE, SWALLOW = "pass", "refuse", "swallow"
Place = Path | tuple[str, int]  # a unix socket, or host and port


class Proxy:
    """Listens at `path` (a port of 0 becomes a free one) and speaks to `target`. `mode`: pass; refuse: hang up; swallow: take everything and answer nothing, as a black hole does."""

    def __init__(self, path: Place, target: Place):
        self.target, self.mode = target, PASS
        self.lines: list[socket.socket] = []
        self.listener = socket.socket(family(path))
        self.listener.bind(written(path))
        self.path = path if isinstance(path, Path) else self.listener.getsockname()
        self.listener.listen(128)
        Thread(target=self._accept, daemon=True).start()

    def set(self, mode: str) -> None:
        """Behave like this from now on, towards lines that are open as well; those that were swallowed are cut when it passes again."""
        if mode == REFUSE or self.mode == SWALLOW:
            self._cut()
        self.mode = mode

    def end(self) -> None:
        self.listener.close()
        self._cut()

    def _cut(self) -> None:
        for line in self.lines:
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
            line.close()
        self.lines.clear()

    def _accept(self) -> None:
        with suppress(OSError):  # the listener is closed at the end
            while True:
                line, _address = self.listener.accept()
                if self.mode == REFUSE:
                    line.close()
                    continue
                far = socket.socket(family(self.target))
                self.lines += [line, far]
                with suppress(OSError):
                    far.connect(written(self.target))
                for here, there in ((line, far), (far, line)):
                    Thread(target=self._carry, args=(here, there), daemon=True).start()

    def _carry(self, here: socket.socket, there: socket.socket) -> None:
        with suppress(OSError):
            while data := here.recv(65536):
                if self.mode == PASS:
                    there.sendall(data)
        for line in (here, there):
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)


def family(place: Place) -> int:
    return socket.AF_UNIX if isinstance(place, Path) else socket.AF_INET


def written(place: Place) -> str | tuple[str, int]:
    """As sockets take it."""
    return str(place) if isinstance(place, Path) else place
