"""The poll of a run page by session, at full speed on one web process pair, beside a view without a database on the same server.

    python -m benchmarks.poll [seconds]
"""

import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections import Counter
from multiprocessing import get_context

MUST = 500
BROWSERS = 16
ROUNDS = 3


def main() -> None:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 9.0
    with tempfile.TemporaryDirectory(prefix="aimaker-bench-") as data:
        port = free_port()
        os.environ |= {"AIMAKER_DATA": data, "PORT": str(port), "HOST": "127.0.0.1", "STATIC_HASHES": "0", "DJANGO_SETTINGS_MODULE": "webapp.settings"}
        run_id, cookie = prepare()
        server = subprocess.Popen([sys.executable, "-m", "gunicorn", "--config", "deploy/gunicorn.conf.py", "webapp.wsgi"])
        try:
            wait_for(f"http://127.0.0.1:{port}/healthz")
            bad = report(port, f"/api/v1/runs/{run_id}", cookie, seconds)
        finally:
            server.terminate()
            server.wait()
    if bad:
        sys.exit("too slow, or with errors")


def report(port: int, path: str, cookie: str, seconds: float) -> bool:
    """Print the table; true when what must be reached is not. The three are measured in turn, and the best round of each counts."""
    headers = {"Cookie": f"sessionid={cookie}"}
    etag = urllib.request.urlopen(urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers=headers)).headers["ETag"]
    questions = {
        "no database: /healthz (floor)": ("/healthz", {}, 200),
        "run poll, something new (200)": (path, headers, 200),
        "run poll, nothing new (304)": (path, headers | {"If-None-Match": etag}, 304),
    }
    rounds = [[measure(port, *question, seconds / ROUNDS) for question in questions.values()] for _ in range(ROUNDS)]
    rates = [max(rate for rate, _errors in column) for column in zip(*rounds, strict=True)]
    errors = [sum(errors for _rate, errors in column) for column in zip(*rounds, strict=True)]
    print(f"{'poll, ' + str(BROWSERS) + ' connections':34} {'requests/s':>10} {'of floor':>9} {'errors':>7}")
    for name, rate, wrong in zip(questions, rates, errors, strict=True):
        print(f"{name:34} {rate:10.0f} {rate / rates[0]:9.2f} {wrong:7d}")
    print(f"must: {MUST}/s with 0 errors")
    return min(rates) < MUST or any(errors)


def prepare() -> tuple[str, str]:
    """An account with a run of 600 pictures; gives the id of the run and a session of the account."""
    import django  # settings read the data folder that was just made

    django.setup()
    from django.conf import settings  # is read only now, as is all below
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.core.management import call_command
    from django.db import connections

    from webapp.accounts.models import User
    from webapp.accounts.sessions import SessionStore
    from webapp.projects.services import create_project
    from webapp.training.models import Run

    call_command("migrate", verbosity=0)
    user = User.objects.create_user("bench@example.org", "a password of a bench", is_guest=False)
    project = create_project(owner=user, labels=["cat", "dog"])
    snapshot = [[str(project.id), "cat", "train"]] * 600
    run = Run.objects.create(project=project, preset="quick", config={"epochs": 50}, epochs=50, epoch=7, snapshot=snapshot, status="running")
    session = SessionStore()
    session.update({SESSION_KEY: str(user.id), BACKEND_SESSION_KEY: settings.AUTHENTICATION_BACKENDS[0], HASH_SESSION_KEY: user.get_session_auth_hash()})
    session.create()
    connections.close_all()
    return str(run.id), session.session_key


def measure(port: int, path: str, headers: dict, expected: int, seconds: float) -> tuple[float, int]:
    """Requests per second over BROWSERS connections from a process of its own, and how many were not answered as expected."""
    request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n" + "".join(f"{name}: {value}\r\n" for name, value in headers.items()) + "\r\n"
    with get_context("spawn").Pool(1) as pool:
        counts, took = pool.apply(hammer, (port, request.encode(), seconds))
    good = counts.pop(expected, 0)
    return good / took, sum(counts.values())


def hammer(port: int, request: bytes, seconds: float) -> tuple[Counter, float]:
    """Ask on each connection in turn, without a pause, and count the answers by status (0 is a broken connection)."""
    waiting = [connect(port, request) for _ in range(BROWSERS)]
    counts, start = Counter(), time.perf_counter()
    while time.perf_counter() - start < seconds:
        for number, line in enumerate(waiting):
            status = read_answer(line)
            counts[status] += 1
            if status == 0:
                waiting[number] = connect(port, request)
            else:
                line.sendall(request)
    return counts, time.perf_counter() - start


def connect(port: int, request: bytes) -> socket.socket:
    line = socket.create_connection(("127.0.0.1", port), timeout=30)
    line.sendall(request)
    return line


def read_answer(line: socket.socket) -> int:
    """The status of one answer, whose body is read to its end; 0 when the connection ended."""
    data = b""
    while b"\r\n\r\n" not in data:
        part = line.recv(65536)
        if not part:
            return 0
        data += part
    head, _, body = data.partition(b"\r\n\r\n")
    length = next((int(row[15:]) for row in head.split(b"\r\n") if row.lower().startswith(b"content-length:")), 0)
    while len(body) < length:
        body += line.recv(65536)
    return int(head[9:12])


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def wait_for(url: str) -> None:
    for _ in range(150):
        try:
            urllib.request.urlopen(url, timeout=2)
            return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise TimeoutError(f"{url} did not answer within 30 s")


if __name__ == "__main__":
    main()
