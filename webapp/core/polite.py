"""Letting others go first."""

import os
import threading

POLITE = 15  # of 19, the niceness of a thread that computes what nobody waits for


def step_back() -> None:
    """Let everything else on the machine go before the calling thread. Linux counts niceness by thread."""
    os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), POLITE)
