"""What a process that keeps little holds, seen in children of their own: the settings are for a whole process."""

import ctypes
import subprocess
import sys

import pytest

SAID = """
import ctypes, time
from pathlib import Path
from trainer import memory

def held() -> int:
    return 4096 * int(Path("/proc/self/statm").read_text().split()[1])
"""
GLIBC = hasattr(ctypes.CDLL(None), "mallopt") and hasattr(ctypes.CDLL(None), "malloc_trim")
pytestmark = pytest.mark.skipif(not GLIBC, reason="needs a C library that can be told what to keep")


def told(program: str) -> str:
    return subprocess.run([sys.executable, "-c", SAID + program], capture_output=True, text=True, check=True, timeout=60).stdout


def test_memory_that_was_freed_is_given_back_soon_without_waiting_for_it() -> None:
    program = """
memory.REST = 0.05
for _round in range(2):
    pieces = [bytearray(100_000) for _piece in range(1000)]
    last, most = bytearray(100_000), held()
    del pieces
    kept, began = held(), time.monotonic()
    memory.give_back_soon()
    while held() > most - 90_000_000 and time.monotonic() < began + 20:
        time.sleep(0.02)
    print(kept > most - 90_000_000, held() > most - 90_000_000)
"""
    assert told(program).split() == ["True", "False"] * 2


@pytest.mark.parametrize("before, apart", [("", False), ("memory.keep_little()", True)])
def test_what_is_large_stays_apart_from_the_heap_after_larger_pieces_were_freed(before: str, apart: bool) -> None:
    program = f"""
{before}
library = ctypes.CDLL(None)
library.malloc.restype, library.malloc.argtypes, library.free.argtypes = ctypes.c_void_p, [ctypes.c_size_t], [ctypes.c_void_p]
library.free(library.malloc(30_000_000))
place = library.malloc(20_000_000)
maps = Path("/proc/self/maps").read_text().splitlines()
heap = next(line.split()[0].split("-") for line in maps if line.endswith("[heap]"))
print(not int(heap[0], 16) <= place < int(heap[1], 16))
"""
    assert told(program).strip() == str(apart)
