import time

import pytest
from django.conf import LazySettings

from tests.private_redis import Redis
from webapp.core import broker, health


@pytest.fixture(scope="module")
def server():
    server = Redis().start()
    yield server
    server.end()


def test_without_redis_url_both_clients_are_sent_to_the_socket_in_the_data_folder(settings: LazySettings) -> None:
    settings.REDIS_URL = ""
    socket = settings.DATA / "redis" / "redis.sock"
    assert broker.urls() == broker.Urls(f"redis+socket://{socket}?virtual_host=0", f"unix://{socket}?db=0")


@pytest.mark.parametrize(
    ("given", "celery", "redis"),
    [
        ("redis://host:6379/1", "redis://host:6379/1", "redis://host:6379/1"),
        ("unix:///run/r.sock?db=2", "redis+socket:///run/r.sock?virtual_host=2", "unix:///run/r.sock?db=2"),
        ("redis+socket:///run/r.sock?virtual_host=2", "redis+socket:///run/r.sock?virtual_host=2", "unix:///run/r.sock?db=2"),
    ],
)
def test_redis_url_is_said_as_each_client_wants_it(settings: LazySettings, given: str, celery: str, redis: str) -> None:
    settings.REDIS_URL = given
    assert broker.urls() == broker.Urls(celery, redis)


def test_workers_that_said_they_are_there_are_counted(settings: LazySettings, server: Redis) -> None:
    settings.REDIS_URL = server.url
    assert broker.ping() and broker.workers() == 0
    broker.present("one:1")
    broker.present("two:2")
    broker.present("two:2", trainings=4)
    assert broker.workers() == 2 and broker.trainings() == 5
    broker.absent("one:1")
    assert broker.workers() == 1
    assert 10 < broker.client(server.url).ttl("aimaker:worker:two:2") <= broker.PRESENT_SECONDS


def test_a_worker_that_trains_and_nothing_else_does_not_do_what_everybody_needs(settings: LazySettings, server: Redis) -> None:
    settings.REDIS_URL = server.url
    broker.forget_workers(server.url)
    broker.present("gpu:1", queues=["train"])
    assert broker.workers() == 0 and broker.trainings() == 1
    broker.present("cpu:1", 0, queues=["io"])
    assert broker.workers() == 1 and broker.trainings() == 1
    broker.absent("gpu:1")
    assert broker.workers() == 1 and broker.trainings() == 0
    broker.forget_workers(server.url)


def test_the_strongest_worker_is_the_one_with_most_gpus_then_cores(settings: LazySettings, server: Redis) -> None:
    settings.REDIS_URL = server.url
    broker.forget_workers(server.url)
    broker.present("silent:1")
    assert broker.strongest() == ()
    for name, gpus, cores in (("cpu:1", 0, 64), ("gpu:1", 1, 8), ("gpu:2", 1, 12)):
        broker.present(name, strength=broker.Strength(gpus, cores))
    assert broker.strongest() == (1, 12) and broker.trainings() == 4


def test_after_a_crash_nobody_is_counted_who_was_there_before_it(settings: LazySettings, server: Redis) -> None:
    settings.REDIS_URL = server.url
    broker.present("dead:1")
    broker.forget_workers(server.url)
    assert broker.workers() == 0


def test_a_redis_that_is_gone_is_an_answer_and_not_an_error(settings: LazySettings) -> None:
    settings.REDIS_URL = "unix:///nowhere/redis.sock"
    assert not broker.ping() and broker.workers() == broker.trainings() == 0


def test_a_frozen_redis_is_given_up_within_three_seconds(settings: LazySettings, server: Redis) -> None:
    settings.REDIS_URL = server.url
    server.freeze()
    began = time.monotonic()
    assert not broker.ping()
    assert time.monotonic() - began < 3
    server.thaw()
    assert broker.ping()


def test_a_redis_without_room_answers_and_is_called_full(settings: LazySettings, server: Redis) -> None:
    settings.REDIS_URL = server.url
    assert health.broker_state() == "ok"
    broker.client(server.url).config_set("maxmemory", "1kb")
    try:
        assert broker.ping() and health.broker_state() == "full"
    finally:
        broker.client(server.url).config_set("maxmemory", "64mb")
