"""L7: many who send a byte now and then hold up nobody."""

import socket
import ssl
import time
from contextlib import suppress
from threading import Event, Thread

import pytest

from tests.faults.counts import FULL, count
from tests.faults.house import House
from tests.faults.measured import measured
from tests.load.asking import looking, slowest
from tests.load.front import PROGRAM, Front, nginx_before

pytestmark = [
    pytest.mark.nightly, pytest.mark.fault, pytest.mark.timeout(900),
    pytest.mark.skipif(not PROGRAM, reason="nginx is not installed (Debian package nginx)"),
]

SLOW, SECONDS = count("SLOW_CLIENTS", 60, 500), count("SLOW_SECONDS", 6, 60)
BETWEEN = 1.0  # seconds between two bytes of each
SOON = 1.0 if FULL else 5.0  # seconds; with other tests beside it a machine is slower than the promise
HEAD = b"GET /accounts/login/ HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: "  # and never an end
BODY = b"POST /accounts/login/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 100000\r\n\r\nlogin="


def opened(front: Front, beginning: bytes) -> ssl.SSLSocket:
    line = front.trust.wrap_socket(socket.create_connection(("127.0.0.1", front.port), timeout=60), server_hostname="127.0.0.1")
    line.sendall(beginning)
    return line


def trickle(lines: list[ssl.SSLSocket], ended: Event) -> None:
    """Send a byte on each line now and then, until it is cut."""
    while not ended.wait(BETWEEN):
        for line in lines:
            with suppress(OSError):
                line.send(b"a")


def test_many_slow_clients_hold_up_nobody_else(house: House) -> None:
    web, project = house.start_web(), house.project(2)
    person, ended = web.person(project.owner), Event()
    with nginx_before(house.data / "front", web.port) as front:
        front.ask("/projects/", **person)
        lines = [opened(front, (HEAD, BODY)[number % 2]) for number in range(SLOW)]
        hand = Thread(target=trickle, args=(lines, ended))
        hand.start()
        with looking(lambda: front.ask("/projects/", **person)) as pages:
            time.sleep(SECONDS)
        ended.set()
        hand.join()
        cut = sum(map(is_cut, lines))
        for line in lines:
            line.close()
    measured("L7", f"seconds for the 99th of 100 of {len(pages)} pages beside {SLOW} slow clients", late := slowest([took for _status, took in pages]))
    assert {status for status, _took in pages} == {200} and late <= SOON
    measured("L7", f"of {SLOW} slow clients were sent away within {SECONDS} s", cut)
    assert not FULL or cut >= SLOW // 2, "whoever sends a head for a minute"
    house.check()


def is_cut(line: ssl.SSLSocket) -> bool:
    """Whether the other end has closed a line, with or without an answer."""
    line.settimeout(0.01)
    try:
        line.recv(1)
        return True
    except TimeoutError:
        return False
    except OSError:
        return True
