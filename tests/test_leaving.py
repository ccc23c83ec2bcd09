"""A web process that is told to end loses nobody: who is there is answered, who comes later is refused at once, so that nginx asks another one."""

import http.client
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from threading import Thread

import pytest

from tests.machine import free_ports, wait_for
from tests.source import ROOT

APP = """
import time
def application(environ, start_response):
    time.sleep(float(environ["PATH_INFO"].strip("/") or 0))
    start_response("200 OK", [("Content-Length", "2")])
    return [b"ok"]
"""


@pytest.fixture
def web(tmp_path: Path):
    (tmp_path / "slow.py").write_text(APP)
    port = free_ports()[0]
    words = [sys.executable, "-m", "gunicorn", "--config", "deploy/gunicorn.conf.py", "--workers", "1", "--pythonpath", str(tmp_path), "slow:application"]
    process = subprocess.Popen(words, cwd=ROOT, env=os.environ | {"PORT": str(port), "HOST": "127.0.0.1"})
    process.port = port
    wait_for(lambda: socket.socket().connect_ex(("127.0.0.1", port)) == 0, 30)
    assert ask(port, 0) == 200
    yield process
    process.kill()
    process.wait()


def ask(port: int, seconds: float) -> int:
    """The status; 0 where nobody listens, -1 where somebody listened and gave no answer."""
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        line.request("POST", f"/{seconds}", b"")
        return line.getresponse().status
    except ConnectionRefusedError:
        return 0
    except (OSError, http.client.HTTPException):
        return -1
    finally:
        line.close()


def test_who_is_there_is_answered_and_who_comes_later_is_refused_at_once(web) -> None:
    seen: list[int] = []
    here = [Thread(target=lambda: seen.append(ask(web.port, 1.5))) for _caller in range(8)]  # four threads: half of them wait
    for caller in here:
        caller.start()
    wait_for(lambda: connections(web.port) >= 8, 10)
    web.send_signal(signal.SIGTERM)
    wait_for(lambda: ask(web.port, 0) == 0, 1.4)  # while the first four are still being answered
    assert not seen and web.poll() is None
    for caller in here:
        caller.join()
    assert seen == [200] * 8 and web.wait(timeout=10) == 0


def connections(port: int) -> int:
    """How many lines to a port are open, as the kernel lists them."""
    lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return sum(words[1].endswith(f":{port:04X}") and words[3] == "01" for words in lines)
