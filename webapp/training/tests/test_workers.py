"""What workers say of themselves, asked where Redis hangs."""

from threading import Event
from unittest import mock

from webapp.core import broker, health
from webapp.training import workers


def test_where_redis_hangs_there_is_one_wait_for_all_that_is_asked() -> None:
    back = Event()
    hangs = mock.patch.multiple(broker, trainings=lambda: back.wait(60) and 3, strongest=lambda: back.wait(60) and broker.Strength(1, 8))
    workers.presence.cache_clear()
    try:
        with hangs, mock.patch.object(health, "DEADLINE_SECONDS", 0.05), mock.patch.object(health, "wait", wraps=health.wait) as waited:
            assert (workers.hands(), workers.strongest()) == (0, ())
        assert waited.call_count == 1
    finally:
        back.set()
        workers.presence.cache_clear()
