"""The second `make run` to ready beside one web process started by hand, and the memory of what runs then.

python -m benchmarks.start
"""

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MUST_SECONDS, MUST_WEB_MB, MUST_WORKER_MB = 8.0, 200, 600
REST_SECONDS = 15  # until everything that warms up has done so


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="aimaker-bench-") as data:
        port, live_port = free_port(), free_port()
        own = {"AIMAKER_DATA": data, "STATIC_ROOT": f"{data}/static", "PORT": str(port), "LIVE_PORT": str(live_port), "HOST": "127.0.0.1"}
        environment = os.environ | own
        first = run(["make", "run"], environment, f"http://127.0.0.1:{port}/readyz", lambda: None)
        memory: dict[str, list[int]] = {}
        second = run(["make", "run"], environment, f"http://127.0.0.1:{port}/readyz", lambda: memory.update(at_rest(data)))
        web = [sys.executable, "-m", "gunicorn", "--config", "deploy/gunicorn.conf.py", "webapp.wsgi"]
        floor = run(web, environment, f"http://127.0.0.1:{port}/healthz", lambda: None)
    print("| what | must reach | measured | floor |")
    print("|---|---|---|---|")
    print(f"| `make run` on an empty data folder, to ready | | {first:.1f} s | |")
    print(f"| second `make run` to ready | {MUST_SECONDS:.0f} s | {second:.1f} s | {floor:.1f} s (web alone) |")
    print(f"| memory of a web process | {MUST_WEB_MB} MB | {max(memory['web'])} MB | |")
    print(f"| memory of the worker at rest, with the process that children are forked from | {MUST_WORKER_MB} MB | {sum(memory['worker'])} MB | |")


def run(command: list[str], environment: dict[str, str], address: str, then: Callable[[], None]) -> float:
    """Start the command, wait until the address answers 200, call `then`, stop; gives the seconds until the answer."""
    began = time.monotonic()
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    try:
        while not answers(address):
            if process.poll() is not None or time.monotonic() > began + 120:
                sys.exit(f"{' '.join(command)} did not become ready")
            time.sleep(0.05)
        took = time.monotonic() - began
        then()
    finally:
        os.killpg(process.pid, signal.SIGINT)
        process.wait(timeout=20)
    return took


def answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=2) as answer:
            return answer.status == 200
    except (urllib.error.URLError, OSError):
        return False


def at_rest(data: str) -> dict[str, list[int]]:
    """MB of each process that works on the data folder, by what it is; shared pages are counted in parts."""
    time.sleep(REST_SECONDS)
    found: dict[str, list[int]] = {"web": [], "worker": []}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            marks = re.search(rb"AIMAKER_STARTED_BY=\w+\.(web|worker)\0", (folder / "environ").read_bytes() + b"\0")
            if marks and f"AIMAKER_DATA={data}".encode() in (folder / "environ").read_bytes():
                proportional = re.search(r"^Pss:\s+(\d+) kB", (folder / "smaps_rollup").read_text(), re.M)
                found[marks[1].decode()].append(int(proportional[1]) // 1024)
        except OSError:  # it ended while we looked
            continue
    return found


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


if __name__ == "__main__":
    main()
