"""A bucket that hangs: people have a sentence soon, and one call finds out for all when it is back."""

import socket
import time
from contextlib import suppress
from dataclasses import replace
from unittest.mock import patch

import pytest
from django.test import SimpleTestCase, override_settings

from tests.bucket import bucket, storages
from webapp.core import patience, store
from webapp.core.bucket import parts
from webapp.core.errors import StoreAway
from webapp.core.patience import PEOPLE, WORK, Fuse, Resting

SHORT = replace(PEOPLE, read=0.4, tries=1, rest=0.5)


class Hanging:
    """A server that takes calls and never answers, as one that is stopped."""

    def __init__(self):
        self.socket = socket.create_server(("127.0.0.1", 0), backlog=50)
        self.socket.setblocking(False)
        self.address = f"http://127.0.0.1:{self.socket.getsockname()[1]}"

    def calls(self):
        """How many have called."""
        callers = []
        with suppress(BlockingIOError):
            while True:
                callers.append(self.socket.accept()[0])
        return len([caller.close() for caller in callers])


class PatienceTests(SimpleTestCase):
    def hurried(self, rest):
        """The store of a process that serves people, at a server that hangs."""
        server = Hanging()
        self.addCleanup(server.socket.close)
        self.enterContext(patch.object(patience, "_ours", [replace(SHORT, rest=rest)]))
        self.enterContext(override_settings(STORE_BUCKET="tests", STORAGES=storages("tests", server.address)))
        return server

    def test_many_calls_of_one_request_wait_for_one_time_out(self):
        server = self.hurried(rest=60)
        asks = (store.get, store.exists, store.delete, store.local_path, lambda name: store.put(name, b"1"), lambda name: list(store.walk(name)))
        for ask in asks:
            with pytest.raises(StoreAway):
                ask("tests/a")
        assert server.calls() == 1

    def test_a_file_whose_content_did_not_come_is_not_an_empty_one(self):
        with bucket():
            store.put("tests/a", b"1")
            file = store.open_file("tests/a")
            with patch.object(store.default_storage, "_fuse", Fuse(PEOPLE)) as fuse:
                fuse.silent()
                for _time in range(2):
                    with pytest.raises(StoreAway):
                        file.read()
            assert file.read() == b"1"

    def test_when_it_is_back_the_next_call_after_the_rest_says_so_for_all(self):
        with bucket(), patch.object(store.default_storage, "_fuse", Fuse(PEOPLE)) as fuse:
            fuse.silent()
            assert "/tests/a?" in store.default_storage.url("tests/a")  # for an address nobody is asked
            with pytest.raises(StoreAway):
                store.exists("tests/a")
            with patch.object(patience, "monotonic", lambda: time.monotonic() + PEOPLE.rest):
                assert not store.exists("tests/a")
            assert not store.exists("tests/a")

    def test_after_the_rest_one_call_tries_it_and_the_others_wait_for_what_it_finds(self):
        fuse = Fuse(PEOPLE)
        fuse.silent()
        with patch.object(patience, "monotonic", lambda: time.monotonic() + PEOPLE.rest):
            fuse.ask()
            with pytest.raises(Resting):
                fuse.ask()
        fuse.answered()
        fuse.ask()

    def test_work_asks_again_at_once_and_people_wait_for_15_seconds_at_most(self):
        fuse = Fuse(WORK)
        fuse.silent()
        fuse.ask()
        assert PEOPLE.longest <= 15 and [parts(patience).num_download_attempts for patience in (WORK, PEOPLE)] == [3, 1]
