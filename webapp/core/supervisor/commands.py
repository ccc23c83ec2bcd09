"""The processes of a machine and the commands that run them; docker-compose.yml uses the same ones, and a test compares them."""

import sys

from django.conf import settings

# One flood of frames must not fill the memory; a JPEG gets no smaller by deflate, and what deflates well is a bomb.
LIVE_LIMITS = ["--ws", "webapp.live.protocol:Bounded", "--ws-max-size", "262144", "--ws-max-queue", "4", "--ws-per-message-deflate", "false"]


def web() -> list[str]:
    return ["gunicorn", "--config", "deploy/gunicorn.conf.py", "webapp.wsgi"]


def live(host: str, port: int) -> list[str]:
    quiet = ["--lifespan", "off", "--no-proxy-headers", "--no-server-header", "--log-level", "warning", "--timeout-graceful-shutdown", "5"]
    return ["uvicorn", "webapp.asgi:application", "--host", host, "--port", str(port), *LIVE_LIMITS, *quiet]


def dispatcher() -> list[str]:
    return ["worker.dispatcher"]


def worker() -> list[str]:
    return ["worker"]


def all_here() -> dict[str, list[str]]:
    """Name to command, for this Python and these settings."""
    here = {
        "worker": worker(),
        "web": web(),
        "live": live(settings.HOST, settings.LIVE_PORT),
        "dispatcher": dispatcher(),
    }
    return {name: [sys.executable, "-m", *words] for name, words in here.items()}
