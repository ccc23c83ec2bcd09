"""How often and how long: little for `make test`, as the table of docs/faults.md says for `make test-nightly`."""

import os

FULL = bool(os.environ.get("FAULTS_FULL"))


def count(name: str, short: int, full: int) -> int:
    """A number of a fault test: FAULTS_<name>, or the short or the full one."""
    return int(os.environ.get(f"FAULTS_{name}", full if FULL else short))
