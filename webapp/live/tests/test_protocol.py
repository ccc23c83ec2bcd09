"""A real server, because what is tried is what its buffers do."""

import base64
import os
import socket
from threading import Thread

import pytest
import uvicorn

from webapp.core.supervisor.commands import LIVE_LIMITS

PING = b"\x89\xfd\0\0\0\0" + b"p" * 125
ENOUGH = 64_000_000


async def silent(scope, receive, send) -> None:
    """Accept, and wait until the other side leaves."""
    await receive()
    await send({"type": "websocket.accept"})
    while (await receive())["type"] != "websocket.disconnect":
        pass


@pytest.fixture
def port():
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        protocol = LIVE_LIMITS[LIVE_LIMITS.index("--ws") + 1]
        server = uvicorn.Server(uvicorn.Config(silent, ws=protocol, lifespan="off", log_level="error", timeout_graceful_shutdown=1))
        listening.listen()
        thread = Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        yield listening.getsockname()[1]
        server.should_exit = True
        thread.join(10)


def test_whoever_sends_pings_and_reads_no_pongs_is_read_no_further(port):
    with socket.create_connection(("127.0.0.1", port), timeout=2) as line:
        key = base64.b64encode(os.urandom(16)).decode()
        line.sendall(f"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode())
        assert b"101" in line.recv(4096)
        sent = 0
        with pytest.raises(TimeoutError):
            while sent < ENOUGH:
                sent += line.send(PING * 1000)
        assert 0 < sent < ENOUGH
