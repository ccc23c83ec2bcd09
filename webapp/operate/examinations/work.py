"""Redis, workers, and what waits for them."""

from collections.abc import Iterator
from datetime import timedelta

import redis
from django.conf import settings
from django.db.models import Min
from django.db.models.functions import Now
from django.utils.timezone import now

from webapp.core import broker, jobs
from webapp.core.jobs import Job
from webapp.fleet import queries, setup
from webapp.operate.finding import Finding, broken, well, worrying

PART = "work"
LONG = timedelta(minutes=10)
LOST = timedelta(minutes=2)
DAY = timedelta(days=1)
SETTINGS = {"appendonly": "yes", "maxmemory-policy": "noeviction"}


def examine() -> Iterator[Finding]:
    if not broker.ping():
        yield broken(PART, "Redis does not answer: pages work, and new work waits.", "Start Redis and check REDIS_URL; `manage.py up` brings its own, so this is also said while AI Maker is not running.")
    else:
        yield keeps() if broker.has_room() else broken(PART, "Redis is full: new work waits.", "Give it more memory (maxmemory), or look for what else writes to it; we need a few megabytes.")
        yield workers()
    yield from queues()
    yield from fleet()


def keeps() -> Finding:
    """Whether Redis remembers after a restart and throws nothing away. What it forgot would be sent again, later."""
    try:
        client = broker.client(broker.urls().redis)
        other = [name for name, wanted in SETTINGS.items() if client.config_get(name).get(name) != wanted]
    except redis.ResponseError:  # a Redis for rent may not say
        return well(PART, "Redis answers")
    if other:
        return worrying(PART, f"Redis is set otherwise than we would: {', '.join(other)}.", "Start it with --appendonly yes --maxmemory-policy noeviction.")
    return well(PART, "Redis answers, and keeps what it is told")


def workers() -> Finding:
    count = broker.workers()
    if not count:
        return broken(PART, "No worker is there: nothing is taken in, nothing is trained.", "Start one: `python -m worker`, or the whole of it: `make run`.")
    trainings = broker.trainings()
    if not trainings and not setup.is_there():  # a fleet starts those that train when they are wanted
        return broken(PART, f"{count} workers are there, and none of them trains: runs wait.", "Start one that does: `python -m worker --queues train`.")
    return well(PART, f"{count} workers are there, for {trainings} trainings at once")


def queues() -> Iterator[Finding]:
    """What waits too long, what nobody works on any more, and what failed today."""
    waiting, lost, failed = {}, {}, {}
    for model in jobs.kinds():
        rows, name = model.objects.all(), model._meta.verbose_name_plural
        if (oldest := rows.filter(status=Job.QUEUED).aggregate(Min("created"))["created__min"]) and now() - oldest > LONG:
            waiting[name] = now() - oldest
        if count := rows.filter(status=Job.RUNNING, lease_until__lt=Now() - LOST).count():
            lost[name] = count
        if count := rows.filter(status=Job.FAILED, finished__gt=now() - DAY).count():
            failed[name] = count
    if waiting:
        yield worrying(PART, f"Waiting for long: {', '.join(f'{name} {waited.total_seconds() / 60:.0f} min' for name, waited in waiting.items())}.", "See whether a dispatcher and a worker for that queue run; else start more workers.")
    if lost:
        yield broken(PART, f"Begun, and nobody works on it: {counted(lost)}.", "See whether a dispatcher runs; it gives such rows to another worker.")
    if failed:
        yield worrying(PART, f"Failed in the last day: {counted(failed)}.", "Each of them says why on its page, and in the worker's log.")
    if not (waiting or lost or failed):
        yield well(PART, "Nothing waits for long, nothing is lost, nothing failed in the last day")


def fleet() -> Iterator[Finding]:
    """Whether somebody looks after the GPU machines, where there are any to be had."""
    if not setup.is_there():
        return
    if not queries.controller_lives():
        yield broken(PART, "Nobody looks after the GPU machines: none is started, and none is stopped.", "Start the controller: `python manage.py fleet`.")
    elif not settings.FLEET_BUDGET:
        yield worrying(PART, "FLEET_BUDGET is 0, so no GPU machine is ever started.", "Set what a month may cost.")
    else:
        yield well(PART, "The controller looks after the GPU machines; `python manage.py fleet --check` asks what it may do")


def counted(counts: dict[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counts.items())
