"""docs/rehearsal.md: what the latest rehearsal saw."""

import os
import platform
import subprocess
from datetime import UTC, datetime

from tests.rehearsal.plan import LEFT_OUT, Plan
from tests.rehearsal.table import Table
from tests.source import ROOT

FILE = ROOT / "docs" / "rehearsal.md"
TEXT = """# Rehearsal

`make rehearsal` runs what `docker-compose.yml` says, without a Docker engine: each container is a process with an address of loopback and a folder of its own, started by the command and the
variables that the compose file names (`tests/rehearsal/plan.py` reads them from there, a test compares). What is not ours is the real thing: nginx with TLS, MariaDB, Redis; S3 is moto's server.
Left out: {left_out}. Nothing shares a folder, as on different machines: what the parts have in common lies in the database, in Redis and in S3.

Seen {day} on {machine}, in {minutes}: {parts}.

## The journey, through nginx

{journey}

## What goes wrong on several machines

A page, the API and a question about a picture are asked all the time meanwhile, one after another. "no answer" is what a person sees as a page that cannot be reached; 503 comes with a sentence and with when to try again.

{faults}

## What holds afterwards

{after}
"""


def write(table: Table, plan: Plan, seconds: float) -> None:
    """Bring what was seen into the file."""
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True).stdout.strip()
    machine = f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, Python {platform.python_version()}" + (f", at {commit}" if commit else "")
    parts = ", ".join(f"{len(plan.addresses(name))} {name}" for name in plan.services)
    facts = {"left_out": ", ".join(f"`{name}`" for name in LEFT_OUT), "day": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC", "machine": machine, "minutes": f"{seconds / 60:.1f} minutes", "parts": parts}
    FILE.write_text(TEXT.format(**facts, **{part: table.markdown(part) for part in ("journey", "faults", "after")}))
