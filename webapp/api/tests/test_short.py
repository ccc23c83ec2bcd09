"""The short way to an answer says what the long way says, and nothing that the long way would not."""

import io
import json
import tempfile
from pathlib import Path

from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from django.test import override_settings

from webapp.accounts.models import Token
from webapp.accounts.services import create_token, revoke_token
from webapp.api import short
from webapp.api.short import ShortWay
from webapp.core import jobs
from webapp.core.test import Cast, early_in_a_minute
from webapp.keys.models import READ
from webapp.keys.services import create_key
from webapp.serving.tests.small import coloured, published
from webapp.training.models import Run

RED = coloured("red")


class ShortWayTests(Cast):
    def setUp(self):
        super().setUp()
        for signal in (request_started, request_finished):  # they would end the transaction of the test
            signal.disconnect(close_old_connections)
            self.addCleanup(signal.connect, close_old_connections)
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        run = jobs.claim(Run, Run.objects.create(project=self.project, preset="quick").id, "one")
        self.model = published(run, Path(folder.name) / "bundle", ["red", "green", "blue"])
        self.paths = [f"/api/v1/models/{self.model.id}/predict", f"/api/v1/projects/{self.project.id}/predict"]
        self.long, self.gone_on = get_wsgi_application(), 0
        self.short = ShortWay(self.go_on)
        self.token = create_token(user=self.alice, name="test")[1]

    def go_on(self, environ, start_response):
        self.gone_on += 1
        return self.long(environ, start_response)

    def ask(self, way, path: str = "", body: bytes = RED, token: str = "", **changes: str) -> tuple[int, dict, dict]:
        """Status, headers and JSON."""
        environ = {"REQUEST_METHOD": "POST", "PATH_INFO": path or self.paths[0], "SERVER_NAME": "localhost", "SERVER_PORT": "80", "HTTP_HOST": "localhost", "wsgi.url_scheme": "http"}
        environ |= {"HTTP_AUTHORIZATION": f"Bearer {token or self.token}", "CONTENT_TYPE": "image/jpeg", "CONTENT_LENGTH": str(len(body)), "wsgi.input": io.BytesIO(body)}
        said = []
        parts = way(environ | changes, lambda status, headers: said.extend((int(status[:3]), dict(headers))))
        body = b"".join(parts)
        return said[0], said[1], json.loads(body) if said[1]["Content-Type"] == "application/json" else {}

    def test_both_ways_say_the_same_in_the_same_headers(self):
        for path in self.paths:
            (status, headers, said), (_status, long_headers, long_said) = self.ask(self.short, path), self.ask(self.long, path)
            self.assertEqual((status, self.gone_on, said["predictions"][0]["label"]), (200, 0, "red"))
            for answer in (said, long_said):
                self.assertEqual(set(answer.pop("timing")), {"decode_ms", "infer_ms", "total_ms"})
            self.assertEqual(said, long_said)
            spent = {"Content-Length", "X-RateLimit-Remaining", "X-RateLimit-Reset"}
            self.assertEqual({name: value for name, value in headers.items() if name not in spent}, {name: value for name, value in long_headers.items() if name not in spent})
            self.assertTrue(spent <= set(headers))

    def test_what_has_to_be_explained_goes_the_long_way_and_is_counted_once(self):
        left = int(self.ask(self.short)[1]["X-RateLimit-Remaining"])
        cases = {415: {"body": b"no picture"}, 401: {"token": "aim_unknown"}, 404: {"path": self.paths[0].replace("models", "projects")}}
        for status, case in cases.items():
            with self.subTest(status):
                self.assertEqual((self.ask(self.short, **case)[0], self.gone_on), (status, 1))
                self.gone_on = 0
        self.assertEqual(int(self.ask(self.short)[1]["X-RateLimit-Remaining"]), left - 3)  # the bad picture, the missing project, this one

    def test_anything_unusual_goes_the_long_way(self):
        unusual = ({"QUERY_STRING": "top=1"}, {"HTTP_ORIGIN": "https://shop.example"}, {"HTTP_IDEMPOTENCY_KEY": "once"}, {"REQUEST_METHOD": "GET"}, {"CONTENT_LENGTH": ""}, {"CONTENT_TYPE": "text/plain"}, {"HTTP_HOST": "elsewhere.example"})
        for changes in unusual:
            with self.subTest(changes):
                self.gone_on = 0
                self.ask(self.short, **changes)
                self.assertEqual(self.gone_on, 1)

    def test_a_stranger_and_a_key_without_the_scope_or_of_another_project_get_nothing_here(self):
        other = self.project.__class__.objects.create(owner=self.alice, name="Other")
        keys = [create_key(project=self.project, user=self.alice, name="reads", scopes=[READ])[1], create_key(project=other, user=self.alice, name="other")[1]]
        for status, token in zip((404, 403, 404), (create_token(user=self.charlie, name="test")[1], *keys), strict=True):
            self.assertEqual(self.ask(self.short, token=token)[0], status)

    def test_a_key_asks_the_model_of_its_project_and_its_limit_holds(self):
        early_in_a_minute()
        key = create_key(project=self.project, user=self.alice, name="shop", rate=2)[1]
        self.assertEqual([self.ask(self.short, path, token=key)[0] for path in (*self.paths, self.paths[0])], [200, 200, 429])
        self.assertEqual(self.gone_on, 1)

    def test_an_old_key_has_never_more_calls_than_the_site_allows_now(self):
        key = create_key(project=self.project, user=self.alice, name="shop", rate=500)[1]
        with override_settings(API_RATE=5):
            self.assertEqual((self.ask(self.short, token=key)[1]["X-RateLimit-Limit"], self.gone_on), ("5", 0))

    def test_what_was_taken_back_counts_within_a_second(self):
        self.assertEqual(self.ask(self.short)[0], 200)
        revoke_token(token=Token.objects.get())
        for known, caller in self.short._callers.items():
            self.short._callers[known] = caller._replace(until=caller.until - short.KNOWN_SECONDS)
        self.assertEqual(self.ask(self.short)[0], 401)
        self.assertLessEqual(short.KNOWN_SECONDS, 1)

    def test_what_breaks_on_the_way_is_written_down_and_explained_by_the_long_way(self):
        self.short._caller(f"Bearer {self.token}", self.paths[0])
        self.model.delete()
        with self.assertLogs(short.log, "WARNING"):
            self.assertEqual((self.ask(self.short)[0], self.gone_on), (404, 1))

    @override_settings(API_RATE=0)
    def test_without_a_limit_there_are_no_counts(self):
        self.assertFalse([name for name in self.ask(self.short)[1] if name.startswith("X-RateLimit")])
