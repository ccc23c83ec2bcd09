"""Keeping little of the memory that was freed, where a process has to be small for long: the C library keeps it otherwise, of each thread that ran a network tens of megabytes."""

import ctypes
import time
from functools import cache
from threading import Event, Thread

ARENAS = 2  # heaps that all threads share; else there are eight for each core
LARGE = 8 << 20  # bytes; larger pieces go back at once. What a network needs between its layers is smaller: with 1 MB each look took 3 ms more
REST = 1.0  # seconds between two times that memory is given back
_ARENA_MAX, _MMAP_THRESHOLD, _TRIM_THRESHOLD = -8, -3, -1  # of mallopt, as malloc.h numbers them


def keep_little() -> None:
    """Set the C library of this process so that it keeps little of what is freed; nothing where it cannot be set."""
    choose = getattr(ctypes.CDLL(None), "mallopt", None)  # not every C library has it
    for option, value in ((_ARENA_MAX, ARENAS), (_MMAP_THRESHOLD, LARGE), (_TRIM_THRESHOLD, LARGE)) if choose else ():
        choose(option, value)


def give_back() -> None:
    """Give memory that was freed back to the system. Loading a network leaves twice its size behind, which the C library would keep."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # not every C library has it
    if trim:
        trim(0)


def give_back_soon() -> None:
    """Have memory that was freed given back within a second, beside whoever waits for an answer, however often this is said."""
    _wish().set()


@cache
def _wish() -> Event:
    """What wakes the thread that gives back, which is started with it."""
    wish = Event()
    Thread(target=_give_back_when, args=(wish,), name="give-back", daemon=True).start()
    return wish


def _give_back_when(wish: Event) -> None:
    while wish.wait():
        time.sleep(REST)
        wish.clear()
        give_back()
