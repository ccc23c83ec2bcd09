"""What the rows of the database say: which machines are at work, and what waits for one. Never how long a list in Redis is: hints are no demand."""

from collections import Counter
from dataclasses import dataclass

from django.db.models.functions import Now
from django.utils import timezone

from webapp.core import broker, jobs
from webapp.core.jobs import Job
from webapp.training import queue
from webapp.training.models import Run

QUICK = "quick"  # trainings that need no GPU: any worker that trains will do


@dataclass(frozen=True)
class Demand:
    """Trainings that wait for a machine of the fleet, for how long there is work (seconds), and for how long the first has waited."""

    waiting: int
    work: float
    oldest: float


def machine_of(worker: str) -> str:
    """On which machine a worker is."""
    return worker.rpartition(":")[0]


def leases() -> Counter:
    """How many rows of every kind each machine works on, by its name; the database's clock says which leases live."""
    held: Counter = Counter()
    for model in jobs.kinds():
        rows = model._base_manager.filter(status=Job.RUNNING, lease_until__gt=Now())
        held.update(machine_of(worker) for worker in rows.values_list("worker", flat=True))
    return held


def demand(names: set[str], workers: dict[str, tuple[int, broker.Strength]] | None) -> Demand:
    """What waits for the fleet. `names`: of its machines; `workers`: who said that they are there. What others with a GPU have a hand free for is not counted."""
    line = queue.now()
    others = {name: said for name, said in (workers or {}).items() if machine_of(name) not in names and said[0]}
    ours = [run for run in line.running if machine_of(run.worker) in names]
    elsewhere = [run for run in line.running if run not in ours]
    waiting = [place.run for place in line.waiting if not (others and place.run.preset == QUICK)]
    hands = sum(trainings for trainings, strength in others.values() if strength.gpus)
    waiting = waiting[max(0, hands - len(elsewhere)) :]
    usual = queue.usual_seconds([*ours, *waiting])
    work = sum(run.estimate_seconds or usual for run in waiting) + sum(queue.remaining(run, usual) for run in ours)
    return Demand(len(waiting), work, waited(waiting))


def waited(runs: list[Run]) -> float:
    """Seconds since the oldest of these was asked for."""
    return max(0.0, (timezone.now() - min(run.created for run in runs)).total_seconds()) if runs else 0.0
