"""Pictures at listed addresses whose hosts want to be left alone for a while."""

import socket
import time
from threading import Timer
from unittest.mock import patch

import pytest

from webapp.core.test import jpeg
from webapp.core.tests.servers import Talk, ok, says, serving
from webapp.images.guard import Refused
from webapp.ingest import fetching


def busy(times: int, status: int, *headers: str) -> Talk:
    """A host that says so many times that it is busy, and then gives a picture."""
    head = "\r\n".join((f"HTTP/1.1 {status} Later", "Content-Length: 0", *headers, "", ""))
    answers = [says(head.encode())] * times

    def talk(line: socket.socket) -> None:
        (answers.pop() if answers else ok(jpeg(1)))(line)

    return talk


def fetched(url: str) -> list[bytes | Refused]:
    return list(fetching.fetched([url], lambda: None))


@pytest.mark.parametrize("status", [429, 503])
def test_a_host_that_asks_for_a_short_pause_gets_it_and_is_asked_again(status):
    with serving(busy(1, status, "Retry-After: 1")) as server:
        start = time.monotonic()
        assert fetched(server.url) == [jpeg(1)]
        assert (time.monotonic() - start >= 1, server.connections) == (True, 2)


@pytest.mark.parametrize("headers", [("Retry-After: 61",), ()])
def test_a_host_that_asks_for_a_long_pause_or_does_not_say_how_long_is_not_waited_for(headers):
    with serving(busy(1, 429, *headers)) as server:
        (refused,) = fetched(server.url)
        assert (refused.reason, server.connections) == ("unreachable", 1)


def test_a_host_that_is_busy_again_and_again_is_not_waited_for_for_ever():
    hosts = fetching.Hosts()
    with patch.object(fetching, "MOST_PAUSED", 59):
        hosts.pause("http://busy.example/1", 20)
        hosts.pause("http://busy.example/2", 20)  # the same pause, told to another request
        with pytest.raises(Refused):
            hosts.pause("http://busy.example/3", 60)
        hosts.pause("http://other.example/", 20)


def test_a_pause_ends_when_nobody_wants_the_pictures_any_more():
    hosts = fetching.Hosts()
    with serving(ok(jpeg(1))) as server, patch.object(fetching, "Hosts", return_value=hosts):
        hosts.pause(server.url, 50)
        under_way = fetching.fetched([server.url], lambda: None)
        start = time.monotonic()
        Timer(0.3, hosts.stopped.set).start()
        assert [outcome.reason for outcome in under_way] == ["unreachable"]
        assert (time.monotonic() - start < 20, server.connections) == (True, 0)
        hosts.stopped.clear()
        assert list(fetching.fetched([], lambda: None)) == [] and hosts.stopped.is_set()
