"""The live process: web sockets only. HTTP is served by webapp.wsgi."""

import os

import django
from channels.routing import ProtocolTypeRouter, URLRouter
from django.urls import re_path

from webapp.core import patience
from webapp.live.tracing import Traced, numbers, tell

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "webapp.settings")
patience.serve_people()
django.setup()  # without the pages and middleware of the web process: nothing of HTTP is served here


async def nothing_here(scope, receive, send) -> None:
    """Answer HTTP with 404, but for Prometheus, and refuse a socket."""
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": 4404})
        return
    if text := numbers(scope):
        return await tell(send, text)
    await send({"type": "http.response.start", "status": 404, "headers": [(b"content-type", b"text/plain; charset=utf-8")]})
    await send({"type": "http.response.body", "body": b"Only web sockets are served here.\n"})


def router() -> URLRouter:
    """Where the sockets are."""
    from webapp.live.routes import sockets  # rows can be imported only after setup

    return URLRouter([*sockets(), re_path("", nothing_here)])


application = ProtocolTypeRouter({"http": nothing_here, "websocket": Traced(router())})
