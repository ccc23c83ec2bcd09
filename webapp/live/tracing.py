"""The number of a socket, its line in the log when it ends, and what Prometheus is told of the live process."""

import time
from collections.abc import Callable

from django.conf import settings
from django.utils.crypto import constant_time_compare
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from webapp.core import access, measures, tracing

ROUTE = "live:socket"
LEFT = "1000"  # the code where nobody said one: the other side has left
SECRET = "/ws/p/"  # what comes after is the short address of a shared AI, which lets in whoever has it
HEADER = tracing.HEADER.lower().encode()


class Traced:
    """Around the sockets: each has a number, as requests have, and a line when it ends with its close code."""

    def __init__(self, application: Callable):
        self.application = application

    async def __call__(self, scope: dict, receive: Callable, send: Callable) -> None:
        began, codes = time.perf_counter(), [LEFT]
        number = tracing.take_up(dict(scope["headers"]).get(HEADER, b"").decode("latin-1"))

        async def tell(message: dict) -> None:
            if message["type"] == "websocket.accept":
                message = message | {"headers": [*message.get("headers", ()), (HEADER, number.encode())]}
            elif message["type"] == "websocket.close":
                codes.append(str(message.get("code") or LEFT))
            await send(message)

        measures.socket_opened(1)
        try:
            await self.application(scope, receive, tell)
        finally:
            measures.socket_opened(-1)
            seconds = time.perf_counter() - began
            access.line("WS", without_address(scope["path"]), ROUTE, codes[-1], seconds, number)


def without_address(path: str) -> str:
    return f"{SECRET}***/live" if path.startswith(SECRET) else path


def numbers(scope: dict) -> bytes | None:
    """What this process and others of its machine have counted, for whoever asks /metrics with METRICS_TOKEN; None for others."""
    shown = dict(scope["headers"]).get(b"authorization", b"").decode("latin-1").removeprefix("Bearer ")
    if scope["path"] != "/metrics" or not settings.METRICS_TOKEN or not constant_time_compare(shown, settings.METRICS_TOKEN):
        return None
    registry = CollectorRegistry()
    registry.register(measures.Counted())
    return generate_latest(registry)


async def tell(send: Callable, text: bytes) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", CONTENT_TYPE_LATEST.encode())]})
    await send({"type": "http.response.body", "body": text})
