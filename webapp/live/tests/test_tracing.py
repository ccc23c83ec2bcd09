"""The number and the line of a socket, and what the live process tells Prometheus."""

import asyncio
import json
from unittest.mock import patch

from django.test import SimpleTestCase, override_settings

from webapp.core import access, measures
from webapp.live import tracing
from webapp.live.tracing import Traced

CODE = "abcdefghijkl"


async def talk(scope, receive, send) -> None:
    """Take a socket, and end it."""
    await send({"type": "websocket.accept"})
    await send({"type": "websocket.close", "code": 4401})


def opened(path: str, *headers: tuple[bytes, bytes]) -> tuple[list[dict], dict]:
    """What the other side is sent, and the line in the log."""
    sent, written = [], []

    async def send(message: dict) -> None:
        sent.append(message)

    with override_settings(LOG_REQUESTS=True, LOG_FORMAT="json"), patch.object(access.os, "write", lambda _to, line: written.append(line)):
        asyncio.run(Traced(talk)({"type": "websocket", "path": path, "headers": list(headers), "query_string": b"token=swordfish"}, None, send))
    return sent, json.loads(written[0])


class Tracing(SimpleTestCase):
    def test_a_socket_is_told_its_number_and_has_one_line_without_what_lets_in(self):
        sent, line = opened(f"/ws/p/{CODE}/live", (b"x-request-id", b"number-0815"))
        assert sent[0]["headers"] == [(b"x-request-id", b"number-0815")]
        assert (line["method"], line["path"], line["status"], line["request"]) == ("WS", "/ws/p/***/live", 4401, "number-0815")
        assert not {CODE, "swordfish"} & set(str(line).replace("/", " ").split())

    def test_a_number_that_is_not_well_formed_is_replaced(self):
        sent, line = opened("/ws/models/x/live", (b"x-request-id", b"a\r\nb"))
        assert sent[0]["headers"] == [(b"x-request-id", line["request"].encode())] and len(line["request"]) == 16

    def test_prometheus_is_answered_where_it_shows_the_token_and_nobody_else(self):
        asked = {"path": "/metrics", "headers": [(b"authorization", b"Bearer " + b"t" * 20)]}
        assert tracing.numbers(asked) is None
        with override_settings(METRICS_TOKEN="t" * 20):
            self.addCleanup(measures._made.cache_clear)
            measures.predicted("live", 0.004)
            assert b'aimaker_predict_seconds_count{door="live"}' in tracing.numbers(asked)
            assert tracing.numbers(asked | {"headers": []}) is None and tracing.numbers(asked | {"path": "/"}) is None
