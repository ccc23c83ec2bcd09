"""A person's end of a socket, without a server between: frames go in, and what comes out is waited for."""

import asyncio
import json

from django.conf import settings

from webapp.live.socket import Live

PAGE = f"http://127.0.0.1:{settings.PORT}"


class Phone:
    """One socket to a Live application."""

    def __init__(self, live: Live, kind: str, row_id, *, cookie: str = "", origin: str | None = PAGE, query: str = "", address: str = "192.0.2.1"):
        headers = {b"host": f"127.0.0.1:{settings.LIVE_PORT}".encode(), b"cookie": f"sessionid={cookie}".encode() if cookie else b"", b"origin": origin.encode() if origin else b""}
        route = {"kwargs": {"kind": kind, "id": str(row_id)}}
        self.scope = {"headers": [pair for pair in headers.items() if pair[1]], "query_string": query.encode(), "client": (address, 1), "url_route": route}
        self.is_open = False
        self.sent, self.said = asyncio.Queue(), asyncio.Queue()
        self.sent.put_nowait({"type": "websocket.connect"})
        self.task = asyncio.create_task(live(self.scope, self.sent.get, self.said.put))

    def frame(self, data: bytes) -> None:
        self.sent.put_nowait({"type": "websocket.receive", "bytes": data})

    async def hear(self) -> dict:
        """The next thing said: the parsed answer, or the message of the protocol."""
        message = await asyncio.wait_for(self.said.get(), 20)
        return json.loads(message["text"]) if "text" in message else message

    async def opened(self) -> "Phone":
        assert (await self.hear())["type"] == "websocket.accept"
        self.is_open = True
        return self

    async def code(self) -> int:
        """What the socket is closed with; answers until then are passed over. A refused handshake gives 403."""
        while (message := await self.hear()).get("type") != "websocket.close":
            self.is_open = True
        await self.task
        return message["code"] if self.is_open else 403

    async def leave(self) -> None:
        self.sent.put_nowait({"type": "websocket.disconnect", "code": 1001})
        await self.task
