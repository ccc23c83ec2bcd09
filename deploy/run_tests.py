"""Runs every test: first those that share the machine well, then those that break processes of their own, then those in a browser.

The last line adds all up. With arguments, pytest runs once with these. DATABASE=mysql: on a MariaDB of their own instead of SQLite; conftest.py starts it.
With --nightly: what takes too long for every change, and every fault as often and as long as docs/faults.md says; one after another, so that what it measures is worth something.
Beside them goes the hour of L6, which looks at memory alone.
"""

import os
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "test-results"
PHASES = {
    "together": ["-m", "not (browser or fault or nightly)", "-n", "2", "--dist", "loadfile"],
    "faults": ["-m", "fault and not (browser or nightly)", "-n", "3", "--dist", "worksteal"],  # each has a folder and a Redis of its own, and waits more than it works
    "browser": ["-m", "browser and not nightly", "-n", "2", "--dist", "loadfile"],  # each file has a machine of its own
}
SOAK = "tests/load/test_soak.py"
NIGHTLY = {"nightly": ["-m", "nightly or fault", "--timeout", "3000", f"--ignore={SOAK}"]}
BESIDE = {"soak": [SOAK]}
FIGURES = RESULTS / "faults.tsv"  # tests/faults/measured.py adds to it
NO_TESTS = 5  # pytest's exit code where none was selected


def main(arguments: list[str]) -> int:
    """The exit code: 0 when everything that ran passed."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell that starts us in the background lets us ignore Ctrl-C, and tests send it
    if arguments == ["--nightly"]:
        os.environ["FAULTS_FULL"] = "1"
        FIGURES.unlink(missing_ok=True)
        code = run(NIGHTLY, BESIDE)
        print_figures()
        return code
    if arguments:
        return subprocess.call([sys.executable, "-m", "pytest", *arguments], cwd=ROOT)
    return run(PHASES)


def run(phases: dict[str, list[str]], beside: dict[str, list[str]] | None = None) -> int:
    """Run phases one after another, and others beside all of them, and add up; the exit code."""
    RESULTS.mkdir(exist_ok=True)
    began, total, codes = time.monotonic(), Counter(), []
    started = {name: start(name, options, stdout=(RESULTS / f"{name}.log").open("wb"), stderr=subprocess.STDOUT) for name, options in (beside or {}).items()}
    try:
        for name, options in phases.items():
            codes.append(end(name, start(name, options), time.monotonic()))
        for name, process in started.items():
            codes.append(end(name, process, began))
            print((RESULTS / f"{name}.log").read_text(errors="replace"), flush=True)
    finally:
        for process in started.values():
            process.kill()
    for name in (*phases, *started):
        total += counts(report(name))
    failed = total["failures"] + total["errors"]
    passed = total["tests"] - failed - total["skipped"]
    print(f"all: {passed} passed, {failed} failed, {total['skipped']} skipped")
    return 0 if passed and not failed and set(codes) <= {0, NO_TESTS} else 1


def start(name: str, options: list[str], **output) -> subprocess.Popen:
    report(name).unlink(missing_ok=True)
    return subprocess.Popen([sys.executable, "-m", "pytest", "-rfEs", "--durations=5", "-o", "verbosity_subtests=0", f"--junitxml={report(name)}", *options], cwd=ROOT, **output)


def end(name: str, process: subprocess.Popen, began: float) -> int:
    """Wait for a phase, and end it where we are told to end; its exit code."""
    try:
        code = process.wait()
    finally:
        process.kill()
    print(f"{name} on {database()}: {time.monotonic() - began:.0f} s", flush=True)
    return code


def report(name: str) -> Path:
    return RESULTS / (f"{name}.xml" if database() == "sqlite" else f"{name}-{database()}.xml")


def database() -> str:
    return os.environ.get("DATABASE") or "sqlite"


def print_figures() -> None:
    """What tests measured, as a table."""
    rows = [line.split("\t") for line in FIGURES.read_text().splitlines()] if FIGURES.exists() else []
    print("\n".join(["", "|  | what | measured |", "|---|---|---|", *(f"| {number} | {what} | {figure} |" for _when, number, what, figure in rows)]))


def counts(report: Path) -> Counter:
    """tests, failures, errors and skipped of a JUnit report; nothing when pytest did not get to write one."""
    if not report.exists():
        return Counter()
    suite = ElementTree.parse(report).getroot().find("testsuite")
    return Counter({name: int(suite.get(name, 0)) for name in ("tests", "failures", "errors", "skipped")})


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
