"""How a run stands, written to its rows as it goes; every write holds only while the run is ours."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from webapp.core import jobs
from webapp.training.journal import stamped
from webapp.training.models import Epoch, Run

LONGEST_LOG = 64_000  # characters
CUT = "... what came before was dropped, the log got too long"
SKIPPED = 100  # pictures that could not be read, by name
RECENT = 5  # epochs that the time left is reckoned from
EPOCH = ("epoch", "train_loss", "train_accuracy", "val_loss", "val_accuracy", "learning_rate", "seconds")


def stage(run: Run, name: str) -> None:
    """Say what the run is doing now; raises LeaseLost."""
    jobs.write(run, stage=name, log=longer(run.log, [stamped(f"Stage: {name}.")]))


def log(run: Run, *lines: str) -> None:
    """Add what this server has to say of the run to its log; raises LeaseLost."""
    add_lines(run, [stamped(line) for line in lines])


def add_lines(run: Run, lines: list[str]) -> None:
    """Add lines to the log that have their time already; raises LeaseLost."""
    if lines:
        jobs.write(run, log=longer(run.log, lines))


def longer(log: str, lines: Iterable[str]) -> str:
    """A log with more lines at its end, and without its oldest ones where it gets too long."""
    kept = [line for line in log.splitlines() if line != CUT] + list(lines)
    cut = log.startswith(CUT)
    while kept and sum(map(len, kept)) + len(kept) > LONGEST_LOG:
        cut, kept = True, kept[max(1, len(kept) // 20) :]
    return "\n".join([CUT] * cut + kept)


def epochs(run: Run, reports: list[dict]) -> None:
    """Write epochs that have ended, in one transaction; raises LeaseLost.

    A child that goes on from a checkpoint may tell again of an epoch: what it says now replaces that one and all later ones.
    """
    rows = [Epoch(run_id=run.id, **{name: report[name] for name in EPOCH}) for report in reports]
    values = {"epoch": rows[-1].epoch, "eta_seconds": eta_seconds(run.epochs, rows), "best": best_of(run, reports)}

    def write() -> None:
        with transaction.atomic():
            jobs.write(run, **values)
            Epoch.objects.filter(run_id=run.id, epoch__gte=rows[0].epoch).delete()
            Epoch.objects.bulk_create(rows)

    jobs.patiently(write)


def eta_seconds(total: int, rows: list[Epoch]) -> float:
    """Seconds that the epochs which are left will take, if they take as long as the latest."""
    recent = rows[-RECENT:]
    return (total - rows[-1].epoch) * sum(row.seconds for row in recent) / len(recent)


def best_of(run: Run, reports: list[dict]) -> dict:
    """The best epoch so far: the most accurate on unseen pictures, and of those the one with the least loss."""
    seen = [run.best] if run.best and run.best["epoch"] < reports[0]["epoch"] else []
    seen += [{name: report[name] for name in ("epoch", "val_accuracy", "val_loss")} for report in reports]
    return max(seen, key=lambda epoch: (epoch["val_accuracy"], -epoch["val_loss"]))


def ready(run: Run, result: dict, outcome: str = "Published.") -> None:
    """End a run that succeeded; raises LeaseLost, and Cancelled when a person stopped it in this very moment.

    result: what the training child said at its end, with `best` and `evaluation` as API.md has them. outcome: the last line of its log, what becomes of its model.
    """
    kept = {name: result[name] for name in ("best", "evaluation", "answers", "device", "versions")}
    log = longer(run.log, [stamped(line) for line in [*told(result), outcome]])
    jobs.finish(run, **kept, log=log, eta_seconds=None, seconds=seconds_since(run.started))


def told(result: dict) -> list[str]:
    """What the log says of the end of a run that succeeded."""
    versions = ", ".join(f"{name} {version}" for name, version in result["versions"].items())
    skipped = [f"Skipped {entry['key']}: {entry['message']}" for entry in result.get("skipped", [])[:SKIPPED]]
    more = [f"Skipped {len(result['skipped']) - SKIPPED} more."] if len(result.get("skipped", [])) > SKIPPED else []
    accuracy = f"Accuracy on the test pictures: {result['evaluation']['accuracy']:.4f}."
    return [*skipped, *more, f"Trained on {result['device']}; {versions or 'versions unknown'}.", accuracy]


def seconds_since(moment: datetime) -> float:
    return round((timezone.now() - moment).total_seconds(), 3)
