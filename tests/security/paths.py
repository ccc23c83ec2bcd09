"""Names that want to lead out of a folder, and a watch over every file that this process opens."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

STEPS = (
    "../", "..\\", "..//", "....//", "..;/", "..%2f", "..%5c", "%2e%2e/", "%2e%2e%2f", "%252e%252e%252f", "..%252f", "%c0%ae%c0%ae/",
    "..%c0%af", "..\u2215", "..\u2044", "..\uff0f", "\uff0e\uff0e/", "\u2025/", "./../", "x/../../",
)  # fmt: skip
STARTS = ("/", "//", "\\", "file:///", "C:\\", "\\\\?\\C:\\", "\\\\server\\share\\", "~/", "/proc/self/root/", "/proc/self/cwd/")
WHOLE = (".", "..", "./", "...", "\0", "a\0.jpg", "CON", "NUL.jpg", "aux", "name.", "name ", " ", "-rf", "|id", "$(id)", "`id`", "%s", "{0}", "a" * 300, "é" * 200, "\u202egpj.exe", "/" * 200)


def forms(target: Path) -> list[str]:
    """Every way to ask for a file that nobody should get."""
    steps = [step * depth + target.name for step in STEPS for depth in (1, 3)]
    return [*steps, *(start + str(target).lstrip("/") for start in STARTS), *WHOLE]


def plainly(form: str) -> str:
    """A form as part of a path, its own escapes left as they are."""
    return quote(form, safe="/%\\;:")


class Watch:
    """The files that were opened while somebody watched: `read` and `written` are their real paths."""

    def __init__(self) -> None:
        self.on, self.read, self.written = False, set(), set()

    def hear(self, event: str, about: tuple) -> None:
        if self.on and event == "open" and isinstance(about[0], (str, bytes, os.PathLike)):
            writes = about[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT) if isinstance(about[2], int) else "r" not in str(about[1])
            (self.written if writes else self.read).add(os.path.realpath(os.fsdecode(about[0])))


@contextmanager
def watched() -> Iterator[Watch]:
    """Watch for as long as this lasts. Python keeps an audit hook until its process ends: it hears nothing more then."""
    watch = Watch()
    sys.addaudithook(watch.hear)
    watch.on = True
    try:
        yield watch
    finally:
        watch.on = False
