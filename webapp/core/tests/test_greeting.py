"""A database server that takes a line and then says nothing."""

import socket
from collections.abc import Iterator
from dataclasses import replace

import pytest
from django.db import OperationalError
from django.db.utils import ConnectionHandler

from webapp import environment
from webapp.core import patience
from webapp.core.mysql.base import hurried


@pytest.fixture
def silent() -> Iterator[int]:
    """The port of one that never greets anybody."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.mark.timeout(10)  # DATABASE_SECONDS is 30
def test_who_is_not_greeted_does_not_wait_as_long_as_for_an_answer(silent: int, monkeypatch, tmp_path, django_db_blocker) -> None:
    monkeypatch.setenv("DATABASE_URL", f"mysql://root:@127.0.0.1:{silent}/aimaker")
    monkeypatch.setattr(patience, "ours", lambda: replace(patience.PEOPLE, greeting=0.1))
    with django_db_blocker.unblock(), pytest.raises(OperationalError):
        ConnectionHandler({"default": environment.database(tmp_path)})["default"].ensure_connection()


def test_a_line_is_as_patient_as_before_when_it_was_asked_whether_it_is_there() -> None:
    class Line:
        _read_timeout = 30

    line = Line()
    with hurried(line):
        assert line._read_timeout == patience.WORK.greeting
    assert line._read_timeout == 30
