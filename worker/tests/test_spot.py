import signal
from collections.abc import Iterator
from threading import Event, Thread

import pytest
from django.db import OperationalError

from tests.waiting import wait_for
from webapp.core import jobs
from worker import nursery, spot
from worker.tests.metadata import Metadata


@pytest.fixture
def metadata(settings, monkeypatch) -> Iterator[Metadata]:
    service = Metadata()
    settings.METADATA_URL = service.url
    monkeypatch.setattr(spot, "LOOK_EVERY", 0.02)
    yield service
    service.end()


@pytest.fixture
def watched(metadata: Metadata, monkeypatch) -> Iterator[list[str]]:
    """What the watch did: "left" when it told the worker to leave, "said" when it told the fleet."""
    done, ended = [], Event()
    monkeypatch.setattr(spot, "say_so", lambda: done.append("said"))  # a thread of its own sees no rows of this test
    thread = Thread(target=spot.watch, args=(ended, lambda: done.append("left")))
    thread.start()
    yield done
    ended.set()
    thread.join(5)


def test_a_worker_stays_as_long_as_there_is_no_notice_and_leaves_once_when_there_is(metadata: Metadata, watched: list[str]) -> None:
    wait_for(lambda: metadata.asked > 2, 5)
    assert not watched
    metadata.notice = "terminate"
    wait_for(lambda: len(watched) == 2, 5)
    asked = metadata.asked
    assert watched == ["left", "said"] and metadata.asked == asked


def test_a_notice_is_heard_although_the_service_was_broken_before_and_that_is_said_once(metadata: Metadata, watched: list[str], caplog) -> None:
    metadata.is_broken = True
    asked = metadata.asked
    wait_for(lambda: metadata.asked > asked + 3, 5)
    metadata.notice, metadata.is_broken = "stop", False
    wait_for(lambda: watched, 5)
    assert sum("does not answer" in record.message for record in caplog.records) == 1


def test_no_answer_at_all_is_no_notice(metadata: Metadata) -> None:
    metadata.end()
    with pytest.raises(OSError):
        spot.notice()


def test_the_watch_ends_with_its_worker(metadata: Metadata) -> None:
    left = Event()
    left.set()
    spot.watch(left, lambda: pytest.fail("there was no notice"))


def test_a_database_that_is_away_does_not_keep_the_worker(monkeypatch, caplog) -> None:
    def away() -> None:
        raise OperationalError("away")

    monkeypatch.setattr(spot, "taken_back", away)
    monkeypatch.setattr(spot, "close_old_connections", lambda: None)
    spot.say_so()
    assert "does not hear that this machine is taken back" in caplog.text


def test_a_worker_ends_when_its_training_is_saved_and_waits_a_minute_at_most(monkeypatch) -> None:
    ended, training = [], [True] * 3
    monkeypatch.setattr(spot.os, "kill", lambda _pid, told: ended.append((told, len(training))))
    monkeypatch.setattr(nursery, "is_training", lambda: bool(training and training.pop()))
    try:
        spot.leave()
        assert jobs.soon_gone.is_set()
        wait_for(lambda: ended == [(signal.SIGTERM, 0)], 5)
    finally:
        jobs.soon_gone.clear()
    monkeypatch.setattr(spot, "SAVE_SECONDS", 0.0)
    training.append(True)
    spot.end_when_saved()
    assert len(ended) == 2
