"""Many who ask at once, each answer with how long it took; and somebody who looks at a page now and then meanwhile."""

import http.client
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from threading import Event, Thread
from typing import NamedTuple

EVERY = 0.2  # seconds between two pages of somebody who looks


class Answer(NamedTuple):
    status: int  # 0: none came
    seconds: float


def get(port: int, path: str, **headers: str) -> bytes:
    """A request as it goes over the line."""
    lines = {"Host": f"127.0.0.1:{port}"} | headers
    return "\r\n".join([f"GET {path} HTTP/1.1", *(f"{name}: {value}" for name, value in lines.items()), "", ""]).encode()


def at_rate(port: int, requests: list[bytes], a_second: float, seconds: float, lines: int = 32) -> list[Answer]:
    """Ask so often a second, whatever is answered, from a process of its own. An answer's time begins when its request was due: who waits for a free line waits as well."""
    with get_context("spawn").Pool(1) as pool:
        return pool.apply(asked, (port, requests, a_second, seconds, lines))


def asked(port: int, requests: list[bytes], a_second: float, seconds: float, lines: int) -> list[Answer]:
    begins, total = time.perf_counter() + 0.2, int(a_second * seconds)
    with ThreadPoolExecutor(lines) as pool:
        hands = [pool.submit(one_line, port, [(begins + number / a_second, requests[number % len(requests)]) for number in range(hand, total, lines)]) for hand in range(lines)]
        return [answer for hand in hands for answer in hand.result()]


def one_line(port: int, due: list[tuple[float, bytes]]) -> list[Answer]:
    """Ask over one line, which is opened again when it ends."""
    line, answers = None, []
    for moment, request in due:
        time.sleep(max(0.0, moment - time.perf_counter()))
        line = line or socket.create_connection(("127.0.0.1", port), timeout=60)
        line.sendall(request)
        status = read(line)
        answers.append(Answer(status, time.perf_counter() - moment))
        if not status:
            line.close()
            line = None
    if line:
        line.close()
    return answers


def read(line: socket.socket) -> int:
    """The status of one answer, whose body is read to its end; 0 when none came."""
    answer = http.client.HTTPResponse(line)
    try:
        answer.begin()
        answer.read()
    except (OSError, http.client.HTTPException):
        return 0
    return 0 if answer.will_close else answer.status


def slowest(seconds: list[float], share: float = 0.99) -> float:
    """The time within which this share was answered."""
    return sorted(seconds)[min(len(seconds) - 1, int(share * len(seconds)))]


@contextmanager
def looking(look: Callable[[], object], people: int = 1) -> Iterator[list]:
    """Some people look again and again while the block runs; what they saw is in the list."""
    seen, ended = [], Event()

    def again() -> None:
        while not ended.is_set():
            seen.append(look())
            ended.wait(EVERY)

    threads = [Thread(target=again) for _person in range(people)]
    for thread in threads:
        thread.start()
    try:
        yield seen
    finally:
        ended.set()
        for thread in threads:
            thread.join()
