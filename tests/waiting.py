"""What tests of real processes need first: ports that are free, and conditions that come true in time."""

import socket
import time


def free_ports() -> tuple[int, int]:
    """Two ports that nobody listens on."""
    with socket.socket() as first, socket.socket() as second:
        first.bind(("127.0.0.1", 0))
        second.bind(("127.0.0.1", 0))
        return first.getsockname()[1], second.getsockname()[1]


def wait_for(condition, seconds: float, explain=lambda: "") -> None:
    """Come back when the condition holds; fail with an explanation when it does not in time."""
    ends = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < ends, f"not within {seconds} s. {explain()}"
        time.sleep(0.05)
