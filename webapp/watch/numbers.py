"""What Prometheus is told: what the processes of this machine have counted, and how rows, disk, workers and search services stand now."""

import logging
import os
from collections.abc import Iterator

import redis
from django.conf import settings
from django.db import DatabaseError, InterfaceError
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric

from trainer.predict import Prediction
from webapp.collect import quotas
from webapp.core import broker, health, measures, store
from webapp.core.health import Answer
from webapp.serving.answered import AGAIN
from webapp.watch import standing

QUEUES = ("io", "train")
HANGS = ("slow", "unreachable")

log = logging.getLogger(__name__)


def hear(sender: object, prediction: Prediction, door: str, **_sent) -> None:
    """What `serving.answered` calls in every process that answers."""
    if door != AGAIN:
        measures.predicted(door, (prediction.decode_ms + prediction.infer_ms) / 1000)


def text() -> bytes:
    """Everything, in Prometheus's own format; in three queries, and what cannot be asked now is left out."""
    registry = CollectorRegistry()
    registry.register(Everything())
    return generate_latest(registry)


class Everything(measures.Counted):
    """What is counted on this machine, and how everything stands."""

    def collect(self) -> Iterator[Metric]:
        yield from super().collect()
        parts = health.readiness().now()
        yield from disks(parts["store"])
        yield gauge("aimaker_part_ok", "Whether a part that work needs answers.", ["part"], {(name,): parts[name] == health.OK for name in ("database", "broker", "store")})
        yield gauge("aimaker_workers", "Workers that are there.", [], {(): parts["workers"]})
        if parts["broker"] == health.OK:
            yield from hints()
        try:
            yield from [*work(), *allowed()]
        except (DatabaseError, InterfaceError) as error:
            log.warning("the rows could not be counted: %s", error)


def gauge(name: str, words: str, labels: list[str], values: dict[tuple, float]) -> Metric:
    family = GaugeMetricFamily(name, words, labels=labels)
    for place, value in values.items():
        family.add_metric([str(part) for part in place], float(value))
    return family


def work() -> Iterator[Metric]:
    kinds = standing.now()
    rows = {(task, status): count for task, kind in kinds.items() for status, count in kind.rows.items()}
    yield gauge("aimaker_rows", "Rows of background work.", ["kind", "status"], rows)
    yield gauge("aimaker_queue_age_seconds", "How long the first row in line has waited; 0 when none waits.", ["kind"], {(task,): kind.waits_seconds for task, kind in kinds.items()})
    yield gauge("aimaker_rows_left_alone", "Rows at work whose worker gives no sign of life.", ["kind"], {(task,): kind.left_alone for task, kind in kinds.items()})


def allowed() -> Iterator[Metric]:
    limits = {(quota.provider, quota.what, quota.seconds): quota for quota in quotas.now()}
    labels = ["provider", "what", "seconds"]
    yield gauge("aimaker_provider_allowed", "What a search service allows in so many seconds.", labels, {place: quota.amount for place, quota in limits.items()})
    yield gauge("aimaker_provider_left", "What of it is left now.", labels, {place: quota.left for place, quota in limits.items()})
    yield gauge("aimaker_provider_pause_seconds", "For how long it may not be asked.", labels, {place: quota.pause for place, quota in limits.items()})


def hints() -> Iterator[Metric]:
    try:
        waiting = {(queue,): broker.waiting(queue) for queue in QUEUES}
    except redis.RedisError as error:
        log.warning("the hints could not be counted: %s", error)
        return
    yield gauge("aimaker_hints", "Hints that lie in Redis. How much work waits the rows say, not these.", ["queue"], waiting)
    yield gauge("aimaker_trainings_at_once", "Trainings that the workers do at once.", [], {(): broker.trainings()})


def disks(state: Answer) -> Iterator[Metric]:
    """A folder of another machine that hangs would hold whoever asks how large it is."""
    folders = {"data": settings.DATA} if state in HANGS else {"data": settings.DATA, "store": store.disk()}
    stats = {name: os.statvfs(folder) for name, folder in folders.items()}
    yield gauge("aimaker_disk_free_bytes", "Bytes left on a disk.", ["disk"], {(name,): stat.f_bavail * stat.f_frsize for name, stat in stats.items()})
    yield gauge("aimaker_disk_bytes", "Size of a disk.", ["disk"], {(name,): stat.f_blocks * stat.f_frsize for name, stat in stats.items()})
