import time

import pytest

from tests.private_redis import Redis
from webapp.core import broker
from worker import life


@pytest.fixture(scope="module")
def server():
    server = Redis().start()
    yield server
    server.end()


def test_a_worker_is_deaf_when_hints_wait_for_a_minute_and_none_arrives(server: Redis, settings, monkeypatch) -> None:
    settings.REDIS_URL = server.url
    life.heard()
    assert not life.is_deaf()
    broker.client(server.url).lpush("io", "hint")
    assert not life.is_deaf()
    monkeypatch.setattr(life, "_heard", [time.monotonic() - life.SILENCE - 1])
    assert life.is_deaf()
    life.heard()
    assert not life.is_deaf()


def test_silence_is_no_deafness_while_nothing_waits(server: Redis, settings, monkeypatch) -> None:
    settings.REDIS_URL = server.url
    broker.client(server.url).flushall()
    monkeypatch.setattr(life, "_heard", [time.monotonic() - 10 * life.SILENCE])
    assert not life.is_deaf()


def test_hints_of_queues_that_are_not_ours_make_nobody_deaf(server: Redis, settings, monkeypatch) -> None:
    settings.REDIS_URL, settings.WORKER_QUEUES = server.url, ["train"]
    broker.client(server.url).lpush("io", "hint")
    monkeypatch.setattr(life, "_heard", [time.monotonic() - life.SILENCE - 1])
    assert not life.is_deaf()
    settings.WORKER_QUEUES = ["io"]
    monkeypatch.setattr(life, "_heard", [time.monotonic() - life.SILENCE - 1])
    assert life.is_deaf()


def test_a_worker_that_does_not_train_counts_for_no_training(settings) -> None:
    settings.WORKER_QUEUES = ["io"]
    assert life.strength() == (0, 0) and "train.run" not in life.shares()
