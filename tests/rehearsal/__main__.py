"""The rehearsal: everything that docker-compose.yml names, as processes of this machine, and the whole journey through nginx.

    python -m tests.rehearsal
"""

import sys
import time

from tests.rehearsal.journey import Journey
from tests.rehearsal.site import Site
from tests.rehearsal.table import Table


def main() -> int:
    """The exit code: 0 when all was as it must be."""
    site, table, began = Site(), Table(), time.monotonic()

    def start() -> str:
        """Everything starts"""
        site.start()
        return ", ".join(site.processes)

    try:
        if table.row("start", start):
            for step in Journey(site).steps():
                table.row("journey", step)
        for name, process in site.processes.items():
            if not table.is_good():
                print(f"== {name}\n{process.said()[-1500:]}")
    finally:
        site.end()
    print(f"{time.monotonic() - began:.0f} s")
    return 0 if table.is_good() else 1


if __name__ == "__main__":
    sys.exit(main())
