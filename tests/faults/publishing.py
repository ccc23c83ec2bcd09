"""Publishes again and again, and each time another one of its writes finds no room. `python -m tests.faults.publishing 60`, with libfiu preloaded.

It ends with 0 when each attempt left either the new model or the one before, whole and answering.
"""

import ctypes
import errno
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "webapp.settings")
WRITES = (b"posix/io/rw/write", b"posix/io/rw/pwrite")
CALLBACK = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_char_p, ctypes.POINTER(ctypes.c_int), ctypes.POINTER(ctypes.c_void_p), ctypes.POINTER(ctypes.c_uint))


class Faults:
    """Counts writes, and lets one of them fail."""

    def __init__(self):
        self.library, self.count, self.fails_at = ctypes.CDLL("libfiu.so.0"), 0, 0
        self.callback = CALLBACK(self.asked)  # kept: C holds no reference
        self.library.fiu_init(0)

    def asked(self, *_args) -> int:
        self.count += 1
        return int(self.count == self.fails_at)

    @contextmanager
    def at(self, number: int) -> Iterator[None]:
        """The write of this number fails in the block, with "no space left on device"."""
        self.count, self.fails_at = 0, number
        for name in WRITES:
            self.library.fiu_enable_external(name, 1, ctypes.c_void_p(errno.ENOSPC), 0, self.callback)
        try:
            yield
        finally:
            for name in WRITES:
                self.library.fiu_disable(name)


def main(attempts: int) -> int:
    django.setup()
    # The rooms can be loaded only when Django is set up.
    from tests.faults.publishing_room import Publisher

    faults = Faults()
    with tempfile.TemporaryDirectory() as folder:
        publisher = Publisher(Path(folder))
        failed = 0
        for number in range(1, attempts + 1):
            run = publisher.begin()
            with faults.at(number):
                ended = publisher.publish(run)
            if not ended:
                failed += 1
                publisher.end(run)
            publisher.check()
    print(f"{attempts} of the attempts left everything whole, {failed} of them failed", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
