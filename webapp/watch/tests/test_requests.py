"""The number of a request and its line in the log, through the application as gunicorn calls it; and the number on its way to a worker."""

import json
import os
import re
from contextlib import contextmanager
from contextvars import copy_context
from io import BytesIO

from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.test import override_settings
from django.urls import resolve

from webapp.api import short
from webapp.core import access, jobs, logs, tracing
from webapp.core.errors import ShuttingDown
from webapp.core.test import Cast
from webapp.exports.models import Export
from webapp.sharing.models import Sharing
from webapp.watch import trails
from webapp.watch.models import Trail
from webapp.wsgi import application
from worker.perform import record


class Asking(Cast):
    """Asks the application as gunicorn does."""

    def setUp(self) -> None:
        super().setUp()
        for signal in (request_started, request_finished):  # they would end the transaction of the test
            signal.disconnect(close_old_connections)
            self.addCleanup(signal.connect, close_old_connections)

    def ask(self, path: str, **environ: str) -> tuple[str, dict, bytes]:
        """Status, headers and body, from a context of its own: the thread of a test must not go on under the number of a request."""
        said = {}
        asked = {"REQUEST_METHOD": "GET", "PATH_INFO": path, "QUERY_STRING": "", "SERVER_NAME": "testserver", "SERVER_PORT": "80", "HTTP_HOST": "localhost"}
        asked |= {"wsgi.input": BytesIO(), "wsgi.url_scheme": "http"} | environ
        body = copy_context().run(lambda: b"".join(application(asked, lambda status, headers, *_: said.update(status=status, headers=dict(headers)))))
        return said["status"], said["headers"], body


@contextmanager
def lines(look: str = logs.JSON):
    """What is written past `logging` while the block runs: a list of lines, filled at its end."""
    found: list[str] = []
    inner, outer = os.pipe()
    before, access.STDERR = access.STDERR, outer
    try:
        with override_settings(LOG_REQUESTS=True, LOG_FORMAT=look):
            yield found
    finally:
        access.STDERR = before
        os.close(outer)
        with os.fdopen(inner) as file:
            found += file.read().splitlines()


class Numbers(Asking):
    def test_every_answer_tells_the_number_of_its_request(self):
        first, second = (self.ask("/healthz")[1][tracing.HEADER] for _ in range(2))
        assert re.fullmatch("[0-9a-f]{16}", first) and first != second

    def test_a_well_formed_number_is_taken_and_any_other_is_replaced(self):
        assert self.ask("/healthz", HTTP_X_REQUEST_ID="from-the-proxy.42")[1][tracing.HEADER] == "from-the-proxy.42"
        for bad in ("short", "x" * 65, "two words of it", "a\r\nSet-Cookie: b=c", '"};alert(1)', "ünicode-number"):
            assert re.fullmatch("[0-9a-f]{16}", self.ask("/healthz", HTTP_X_REQUEST_ID=bad)[1][tracing.HEADER])

    def test_a_page_that_says_what_went_wrong_shows_the_number(self):
        status, _headers, body = self.ask("/nowhere/", HTTP_X_REQUEST_ID="number-0815")
        assert status.startswith("404") and b"number-0815" in body


class Line(Asking):
    def test_a_request_has_one_line_without_its_query_and_without_what_lets_in(self):
        code = Sharing.objects.create(project=self.project).code
        with lines() as found:
            self.ask("/healthz", QUERY_STRING="token=swordfish", HTTP_X_REQUEST_ID="number-0815", HTTP_USER_AGENT="swordfish", REMOTE_ADDR="192.0.2.7")
            self.ask(f"/p/{code}", HTTP_X_REQUEST_ID="number-0816")
            self.ask(f"/undo/{code}", HTTP_X_REQUEST_ID="number-0817")
        first, second, third = map(json.loads, found)
        assert (first["method"], first["path"], first["route"], first["status"], first["request"]) == ("GET", "/healthz", "core:healthz", 200, "number-0815")
        assert (second["path"], second["route"], third["path"]) == ("/p/***", "sharing:play", "/undo/***")
        assert not {"swordfish", "192.0.2.7", code} & set(re.findall(r"[\w.]+", "".join(found)))

    def test_nobodys_path_begins_a_line_of_its_own_or_brings_a_secret(self):
        with lines(logs.LINE) as found:
            self.ask("/a\nERROR forged: b/aim_0123456789abcdef")
        assert len(found) == 1 and found[0].startswith("INFO access: GET /a\\x0aERROR forged: b/*** 404 ")

    def test_without_the_setting_there_is_no_line(self):
        with lines() as found, override_settings(LOG_REQUESTS=False):
            self.ask("/healthz")
        assert found == []

    def test_the_short_way_calls_its_addresses_as_the_long_way_does(self):
        for kind in ("model", "project"):
            path = f"/api/v1/{kind}s/{self.project.id}/predict"
            assert resolve(path).view_name == f"api:predict_by_{short.ADDRESS.fullmatch(path)[1][:-1]}"


class OnItsWay(Cast):
    def made(self) -> Export:
        with logs.carrying(request="number-0815"):
            return Export.objects.create(project=self.project)

    def test_a_worker_writes_the_number_of_the_request_that_its_row_came_of(self):
        row, said = jobs.claim(Export, self.made().id, "w"), []
        with self.assertLogs("work") as told:
            record(row, lambda row: (said.append(logs.baggage()["facts"]), jobs.finish(row)))
        assert said == [{"request": "number-0815", "work": "exports.run", "row": str(row.id)}]
        assert re.fullmatch(r"INFO:work:done after \d+\.\d s", told.output[0]) and not Trail.objects.exists()
        assert logs.carried("request") == ""

    def test_work_that_is_given_back_keeps_its_number_for_whoever_goes_on(self):
        row = jobs.claim(Export, self.made().id, "w")

        def leave(row) -> None:
            raise ShuttingDown

        record(row, leave)
        assert trails.request_of(row) == "number-0815"

    def test_a_row_that_no_request_made_has_no_number_and_old_trails_are_swept(self):
        row = Export.objects.create(project=self.project)
        assert trails.request_of(row) == "" and not Trail.objects.exists()
        self.made()
        Trail.objects.update(created="2020-01-01T00:00:00Z")
        assert trails.forget_old(None) == 0 and not Trail.objects.exists()
