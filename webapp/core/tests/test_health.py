import threading
import time
from unittest import mock

from django.db import OperationalError
from django.test import TestCase, override_settings

from tests.waiting import wait_for
from webapp.core import health

ALL_WELL = {"database": "ok", "broker": "ok", "store": "ok", "workers": 2}


class ReadyZ(TestCase):
    def setUp(self):
        health.readiness.cache_clear()
        self.addCleanup(health.readiness.cache_clear)

    @override_settings(REDIS_URL="redis://127.0.0.1:1/0")
    def test_without_redis_the_rest_is_well_and_the_answer_is_503(self):
        answer = self.client.get("/readyz")
        self.assertEqual(answer.status_code, 503)
        self.assertEqual(answer.json(), {"database": "ok", "broker": "unreachable", "store": "ok", "workers": 0})

    def test_it_is_ready_when_every_part_is_well_and_a_worker_is_there(self):
        self.assertTrue(health.is_ready(ALL_WELL))
        for trouble in ({"workers": 0}, {"database": "unreachable"}, {"store": "full"}, {"broker": "slow"}):
            self.assertFalse(health.is_ready(ALL_WELL | trouble))

    def test_a_full_disk_is_said(self):
        with mock.patch.object(health, "FULL_BYTES", 10**18):
            self.assertEqual(health.store_state(), "full")

    def test_a_database_that_does_not_answer_is_said_and_recorded(self):
        with mock.patch.object(health.connection, "cursor", side_effect=OperationalError("gone")), self.assertLogs("webapp.core.health", "WARNING"):
            self.assertEqual(health.database(), "unreachable")

    def test_a_part_that_hangs_is_slow_and_the_answer_is_not(self):
        began = time.monotonic()
        parts = health.Readiness({"store": lambda: time.sleep(1.5), "workers": lambda: time.sleep(1.5), "broker": lambda: "ok"}, workers=0).now()
        self.assertEqual(parts, {"store": "slow", "workers": 0, "broker": "ok"})
        self.assertLess(time.monotonic() - began, 1.2)

    def test_a_part_that_hangs_for_long_is_asked_once_and_the_others_answer_as_ever(self):
        asked, end = [], threading.Event()
        self.addCleanup(end.set)
        readiness = health.Readiness({"store": lambda: asked.append(1) or end.wait(60) and "ok", "broker": lambda: "ok"})
        with mock.patch.multiple(health, FRESH_SECONDS=-1.0, DEADLINE_SECONDS=0.05):
            self.assertEqual([readiness.now() for _request in range(12)], [{"store": "slow", "broker": "ok"}] * 12)
            self.assertEqual(len(asked), 1)
            end.set()
            wait_for(lambda: readiness.now() == {"store": "ok", "broker": "ok"}, 5)

    def test_questions_within_a_second_are_asked_once(self):
        asked = []
        readiness = health.Readiness({"broker": lambda: asked.append(1) or "ok"})
        self.assertEqual([readiness.now() for _request in range(5)], [{"broker": "ok"}] * 5)
        self.assertEqual(len(asked), 1)
