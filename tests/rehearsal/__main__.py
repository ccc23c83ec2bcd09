"""The rehearsal: everything that docker-compose.yml names, as processes of this machine; the whole journey through nginx; faults; what must hold after them.

    python -m tests.rehearsal [--write] [name of a fault ...]

Named faults are done alone, after the journey. --write brings what was seen into docs/rehearsal.md.
"""

import argparse
import signal
import sys
import time
from functools import partial

from tests.rehearsal import report
from tests.rehearsal.browser import look
from tests.rehearsal.faults import Faults
from tests.rehearsal.journey import Journey
from tests.rehearsal.site import Site
from tests.rehearsal.table import Table


def main() -> int:
    """The exit code: 0 when all was as it must be."""
    parser = argparse.ArgumentParser(prog="python -m tests.rehearsal")
    parser.add_argument("--write", action="store_true", help="write docs/rehearsal.md")
    parser.add_argument("faults", nargs="*", help="names of functions of tests/rehearsal/faults.py; all when left out")
    asked, site, table, began = parser.parse_args(), Site(), Table(), time.monotonic()
    signal.signal(signal.SIGTERM, lambda *_args: sys.exit(1))  # so that nothing of ours goes on without us
    try:
        rehearse(site, table, asked.faults)
    finally:
        site.end()
    seconds = time.monotonic() - began
    print(f"{len(table.lines)} lines, {seconds:.0f} s, {'all as it must be' if table.is_good() else 'NOT as it must be: logs lie in test-results/rehearsal'}")
    if asked.write:
        report.write(table, site.plan, seconds)
    return 0 if table.is_good() else 1


def rehearse(site: Site, table: Table, names: list[str]) -> None:
    """Start, go the journey, break things, look at what is left."""

    def start() -> str:
        """Everything starts"""
        return ", ".join(site.start().processes)

    def check() -> str:
        """What must hold whatever befell (I1 to I9 of docs/faults.md) holds"""
        site.check()
        return "nothing lost, nothing twice, nothing left over"

    if not table.row("journey", start):
        return
    journey = Journey(site)
    for step in journey.steps():
        table.row("journey", step)
    if not journey.model:
        return
    table.row("journey", partial(look, journey))
    faults = Faults(site, journey)
    for step in faults.steps():
        if not names or step.__name__ in names:
            table.row("faults", step)
    table.row("after", check)


if __name__ == "__main__":
    sys.exit(main())
