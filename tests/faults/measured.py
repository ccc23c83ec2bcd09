"""Figures that tests of faults and loads see, kept in test-results/faults.tsv for docs/faults.md."""

from datetime import UTC, datetime

from tests.source import ROOT

FILE = ROOT / "test-results" / "faults.tsv"


def measured(number: str, what: str, figure: float) -> None:
    """Print a figure and keep it: seconds, unless `what` says otherwise."""
    FILE.parent.mkdir(exist_ok=True)
    with FILE.open("a") as out:
        out.write(f"{datetime.now(UTC):%Y-%m-%d %H:%M}\t{number}\t{what}\t{figure:.2f}\n")
    print(f"{number}: {what}: {figure:.2f}")
