"""What both clients need of httpx."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx

from aimaker_client.steps import Reply, Request

TIMEOUT = httpx.Timeout(30.0, read=120.0, write=None)  # a ZIP may take long to send
AGENT = "aimaker-client/1.0"


def options(address: str, token: str, timeout: httpx.Timeout | float | None) -> dict[str, Any]:
    """How an httpx client is made for a server at an address."""
    return {
        "base_url": f"{address.rstrip('/')}/api/v1",
        "headers": {"Authorization": f"Bearer {token}", "User-Agent": AGENT, "Accept": "application/json"},
        "timeout": TIMEOUT if timeout is None else timeout,
    }


@contextmanager
def arguments(request: Request) -> Iterator[dict[str, Any]]:
    """A request as httpx takes it; files are open meanwhile, from their start at each try."""
    with ExitStack() as opened:
        files = [
            (field, (name, opened.enter_context(content.open("rb")) if isinstance(content, Path) else content))
            for field, (name, content) in request.files
        ]
        given = {"params": request.params, "headers": request.headers, "json": request.json, "content": request.content, "data": request.form, "files": files}
        yield {"method": request.method, "url": request.path} | {name: value for name, value in given.items() if value not in (None, {}, []) or name == "json" and value is not None}


def reply(response: httpx.Response) -> Reply:
    return Reply(response.status_code, dict(response.headers), response.content)
