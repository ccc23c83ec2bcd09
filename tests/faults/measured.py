"""Figures that fault tests see, kept in test-results/faults.tsv for docs/faults.md."""

from datetime import UTC, datetime

from tests.source import ROOT

FILE = ROOT / "test-results" / "faults.tsv"


def measured(number: str, what: str, seconds: float) -> None:
    """Print a figure and keep it."""
    FILE.parent.mkdir(exist_ok=True)
    with FILE.open("a") as out:
        out.write(f"{datetime.now(UTC):%Y-%m-%d %H:%M}\t{number}\t{what}\t{seconds:.2f}\n")
    print(f"{number}: {what}: {seconds:.2f} s")
